"""Questions answered from documents with their sources; what is unknown goes to a colleague."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.knowledge import found_card
from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.written import in_words
from crm_core.kernel.errors import ChexinError, Unavailable
from crm_core.kernel.registry import Result
from crm_core.outreach.messages import WhoAnswers
from crm_core.tasks.messages import AddTask, AskColleague

_INTRODUCES = re.compile(r"我叫|我是|我姓|鄙人|\bmy name is\b|\bi am\b|\bi'm\b|\bthis is\b", re.I)


@skill("ask_knowledge")
def ask_knowledge(talk: Talk, draft: Draft) -> Step:
    """From the documents this person may read."""
    answer_question(talk, draft.text("text") or talk.text)
    return None


def answer_question(talk: Talk, question: str) -> None:
    """Answer with sources; offer what is near; else hand it to a technician and say so."""
    found = talk.brain.knowledge(question, talk.actor)
    if found.state == "answer":
        talk.show(found_card(talk.voice, in_words(talk, question, found)))
    elif not talk.is_staff and _about_another(talk, question):
        talk.say("privacy.refuse")
    elif (role := _who_answers(talk, question)) != "tech":
        pass_on(talk, question, role)
    elif found.state == "suggest" and found.suggestions:
        _suggest(talk, question, found.suggestions[:3])
    else:
        pass_on(talk, question)


def _who_answers(talk: Talk, question: str) -> str:
    """A customer's talk of buying, and his answer to his adviser, go to the adviser."""
    return "tech" if talk.is_staff else str(talk.ask(WhoAnswers(said=question[:2000])))


def _suggest(talk: Talk, question: str, titles: tuple[str, ...]) -> None:
    """What is near, in the person's language when there is any, and a person when none of it is meant."""
    english = talk.voice.lang == "en"
    titles = tuple(t for t in titles if t.isascii() == english) or titles
    offer = talk.memory.offer_readings([
        {"intent": "ask_knowledge", "slots": {"text": {"value": words, "words": words}}} for words in (*titles, question)
    ])  # fmt: skip
    chips = [Button(title[:40], "reading", {"n": n, "o": offer}) for n, title in enumerate(titles)]
    other = Button(talk.voice.say("button.ask_person"), "question.pass_on", {"n": len(titles), "o": offer})
    talk.say("knowledge.did_you_mean", *chips, other)


def _about_another(talk: Talk, question: str) -> bool:
    """Whether somebody else is named: then nobody is looked up or asked, whether he exists or not."""
    own = _INTRODUCES.search(question)
    return own is None and any(
        name.lower() != talk.actor.name.lower() for name in talk.brain.people(question, talk.now)
    )


def pass_on(talk: Talk, question: str, role: str = "tech") -> None:
    """A good answer too: I do not know, somebody who does has been asked."""
    talk.memory.misses = 0
    try:
        result = talk.do(AskColleague(question=question[:2000], role=role, customer_id=talk.actor.customer_id))
    except Unavailable:
        raise
    except ChexinError:
        talk.say("knowledge.unknown")
        return
    who = getattr(result.view, "assignee_name", "") if talk.is_staff else ""
    if who:
        talk.say("knowledge.asked_name", who=who)
    else:
        talk.say("knowledge.asked" if role == "tech" else "knowledge.asked_adviser")


@verb("question.pass_on")
def press_pass_on(talk: Talk, params: dict[str, Any]) -> None:
    """None of the suggestions: ask a person."""
    chosen = talk.memory.reading(params)
    if chosen is None:
        talk.say("press.over")
    else:
        pass_on(talk, str(chosen["slots"]["text"]["value"]))


@skill("talk_to_human", tier=Tier.OWN)
def talk_to_human(talk: Talk, draft: Draft) -> Step:
    """A person takes over: his own rep, or whoever is in charge."""
    title = talk.voice.say("task.wants_person", name=talk.actor.name)
    return Act(AddTask(title=title[:200], kind="handoff", role="rep", text=draft.text("text")[:2000],
                       customer_id=talk.actor.customer_id))  # fmt: skip


@skill("open_ticket", tier=Tier.CONFIRM)
def open_ticket(talk: Talk, draft: Draft) -> Step:
    """A complaint or defect: a task for the service desk, until tickets are a thing of their own."""
    text = draft.text("text").strip()
    if not text:
        return Need("text", "ticket_text")
    who = customer(talk, draft, required=False)
    if isinstance(who, Need):
        return who
    title = talk.voice.say("task.ticket", text=text[:80])
    label = talk.voice.label("field", "text")
    return Act(AddTask(title=title[:200], kind="handoff", role="service", text=text[:2000], customer_id=who),
               talk.voice.say("card.confirm_ticket"), slots=[(label, text[:200], "")],
               told=frozenset({"title"}))  # fmt: skip


@after(AskColleague)
def asked(talk: Talk, command: AskColleague, result: Result, draft: Draft | None) -> None:
    talk.say("knowledge.asked")
