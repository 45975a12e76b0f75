"""Questions answered from documents with their sources; what is unknown goes to a colleague."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.cards.base import button
from bot.cards.knowledge import found_card
from bot.conversation.brain import Found
from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.learning import remember
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


def answer_known(talk: Talk, question: str) -> bool:
    """Answer when a document surely does; else nothing is said or asked."""
    found = talk.brain.knowledge(question, talk.actor)
    if found.state == "answer":
        _answered(talk, question, found)
    return found.state == "answer"


def _answered(talk: Talk, question: str, found: Found) -> None:
    remember(talk, question, found.sources[0][0] if found.sources else "")
    more = button(talk.voice, "ask_more", "question.ask", text=question[:2000])
    talk.show(found_card(talk.voice, in_words(talk, question, found), buttons=(more,)))


def answer_question(talk: Talk, question: str) -> None:
    """Answer with sources; offer what is near; else hand it to whoever should know, and say so."""
    found = talk.brain.knowledge(question, talk.actor)
    if found.state == "answer":
        _answered(talk, question, found)
        return
    remember(talk, question, "")
    if not talk.is_staff and _about_another(talk, question):
        talk.say("privacy.refuse")
    elif not talk.is_staff and (role := _who_answers(talk, question)) != "tech":
        pass_on(talk, question, role, found.suggestions)
    elif found.state == "suggest" and found.suggestions:
        _suggest(talk, question, found.suggestions[:3])
    else:
        pass_on(talk, question, _who_answers(talk, question))


def _who_answers(talk: Talk, question: str) -> str:
    """The role whose words the question has; a customer's talk of buying goes to his adviser."""
    return str(talk.ask(WhoAnswers(said=question[:2000])))


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


# What only a person has, or does; a workshop word may look like a name (轮毂轴承响 has 毂轴承 in it).
_OF_SOMEBODY = re.compile(
    r"电话|手机|号码|微信|地址|住|生日|订|买|卖|报价|优惠|花了|欠|付|工资|车牌|什么车|哪[辆台款]车|到店|来过|来了|预约|试驾|谁|联系|记录|资料"
    r"|情况|保养|修|聊|认识|的车|的事|phone|number|address|birthday|order|b[ou][ua]?[gy]|quote|paid|spen[dt]|who|visit|car|record|contact",
    re.I,
)


def _about_another(talk: Talk, question: str) -> bool:
    """Whether somebody else is named: then nobody is looked up or asked, whether he exists or not."""
    if _INTRODUCES.search(question) or not _OF_SOMEBODY.search(question):
        return False
    return any(name.lower() != talk.actor.name.lower() for name in talk.brain.people(question, talk.now))


def pass_on(talk: Talk, question: str, role: str = "tech", near: Sequence[str] = ()) -> None:
    """A good answer too: I do not know, somebody who does has been asked, with what was found so far (`near`)."""
    talk.memory.misses = 0
    found = talk.voice.say("knowledge.near", titles=talk.voice.say("repeat.and").join(near)) if near else ""
    asks = AskColleague(question=question[:2000], role=role, found=found, customer_id=talk.actor.customer_id)
    try:
        result = talk.do(asks)
    except Unavailable:
        raise
    except ChexinError:
        talk.say("knowledge.unknown")
        return
    _say_asked(talk, role, result)


def _say_asked(talk: Talk, role: str, result: Result) -> None:
    """Who was asked; a colleague may take it back."""
    who = getattr(result.view, "assignee_name", "") if talk.is_staff else ""
    if who:
        talk.say("knowledge.asked_name", *talk.take_back(result.undo_id), who=who)
    else:
        talk.say({"tech": "knowledge.asked", "rep": "knowledge.asked_adviser"}.get(role, "knowledge.asked_colleague"))


@verb("question.ask")
def press_ask(talk: Talk, params: dict[str, Any]) -> None:
    """The answer was not one: a person is asked, and hears what was found."""
    question = str(params["text"])
    found = talk.brain.knowledge(question, talk.actor)
    pass_on(talk, question, _who_answers(talk, question), [title for title, _ in found.sources] or found.suggestions)


@verb("question.pass_on")
def press_pass_on(talk: Talk, params: dict[str, Any]) -> None:
    """None of the suggestions: ask a person."""
    chosen = talk.memory.reading(params)
    if chosen is None:
        talk.say("press.over")
    else:
        question = str(chosen["slots"]["text"]["value"])
        near = talk.brain.knowledge(question, talk.actor).suggestions
        pass_on(talk, question, _who_answers(talk, question), near)


@skill("talk_to_human", tier=Tier.OWN)
def talk_to_human(talk: Talk, draft: Draft) -> Step:
    """A person takes over: his own rep, or whoever is in charge."""
    title = talk.voice.say("task.wants_person", name=talk.actor.name or talk.voice.say("task.a_visitor"))
    return Act(AddTask(title=title[:200], kind="handoff", role="rep", text=(draft.text("text") or talk.text)[:2000],
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
    _say_asked(talk, command.role, result)
