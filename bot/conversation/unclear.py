"""What is said when a message is not understood, or not for sure: no dead end, and nothing is guessed."""

from __future__ import annotations

import re
from typing import Any

from bot.conversation import corrections, gate
from bot.conversation.gate import skills
from bot.conversation.talk import Talk
from bot.ports import Button, Style
from bot.skills.help import show_help
from bot.skills.knowledge import answer_known, answer_question
from crm_core.channels.tables import PLATFORMS
from crm_core.kernel.phones import parse_phone
from crm_core.tasks.messages import TaskCard, TaskView
from intents.types import Candidate, Command

# A number somebody left that is not one we can call.
_DIGITS = re.compile(r"\d{6,}")
PHONE_DIGITS = 11
# So short and no question: nothing a colleague could answer.
A_SIGH = 4
_ASKS = re.compile(r"[?？]|吗|呢|么|什么|怎么|多少|几|哪|谁|[A-Za-z]{3}")

# Worth looking for in the documents, though no sentence of ours reads it.
_QUESTION = re.compile(
    r"[?？]|吗|呢|吧$|什么|怎么|咋|啥|多少|多久|多大|多重|几[个天年次公点升]|哪|谁|能不能|可不可以|是不是|要不要"
    r"|\b(?:what|how|when|where|which|why|who|can|is|are|does|do)\b",
    re.I,
)


def offer(talk: Talk, alternatives: tuple[Candidate, ...]) -> None:
    """At most three chips for what may be meant."""
    known = [c for c in alternatives if c.command.intent in skills][:3]
    offer = talk.memory.offer_readings([{"intent": c.command.intent, "slots": plain(c.command)} for c in known])
    chips = [
        Button(talk.voice.maybe(f"intent.{c.command.intent}") or c.command.intent, "reading", {"n": n, "o": offer})
        for n, c in enumerate(known)
    ]
    if chips:
        talk.say("sorry.which", *chips)
    else:
        unrecognised(talk, talk.text)


def unrecognised(talk: Talk, said: str) -> None:
    """Customers get an answer or a person; colleagues hear what can be said here."""
    if not talk.is_staff:
        if talk.actor.customer_id is None and _DIGITS.search(said):
            talk.say("lead.visitor_odd_phone")
        elif len(said) <= A_SIGH and not _ASKS.search(said):
            offered = talk.memory.offer_readings([{"intent": "talk_to_human", "slots": {}}])
            person = Button(talk.voice.maybe("intent.talk_to_human"), "reading", {"n": 0, "o": offered, "yes": True})
            talk.say("sorry.customer", person)
        else:
            answer_question(talk, said)
        return
    if _may_answer(talk, said) or corrections.unclear(talk, said) or (_QUESTION.search(said) and answer_known(talk, said)):
        return
    number = _DIGITS.search(said)
    if number is not None and len(number[0]) != PHONE_DIGITS:
        talk.say("lead.odd_digits", number=number[0])
        return
    talk.memory.misses += 1
    if talk.memory.misses >= 3:
        talk.memory.misses = 0
        talk.say("sorry.third")
        show_help(talk)
    else:
        examples = Button(talk.voice.say("button.examples"), "help.show")
        talk.say("sorry.first" if talk.memory.misses == 1 else "sorry.second", examples)


def _may_answer(talk: Talk, said: str) -> bool:
    """A colleague who was asked something and types a plain sentence most likely answers; one press sends it."""
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now)
    asked = next((action for action in recent if action.verb == "task.answer"), None)
    if asked is None:
        return False
    task: TaskView = talk.ask(TaskCard(task_id=asked.params["task"]))
    if task.state != "open":
        return False
    send = Button(talk.voice.say("button.send_answer"), "task.answer_with", {"task": task.id, "text": said}, Style.PRIMARY)
    talk.say("task.is_answer", send, question=task.title)
    return True


def leaves_phone(talk: Talk) -> bool:
    """A visitor who leaves his number, in words or in the form, becomes a lead that keeps where he came from."""
    if talk.is_staff or talk.actor.customer_id is not None:
        return False
    found = talk.brain.understand(talk.text, talk.actor, talk.now, None, role="rep")
    slots = next((c.slots for c in found.commands if c.slots.get("phone")), {})
    name, vehicle, said = slots.get("person"), slots.get("vehicle"), slots.get("phone")
    phone = talk.contact.get("phone") or (str(said.value) if said else "")
    if not phone:
        return False
    if not parse_phone(phone).ok:
        talk.say("lead.visitor_odd_phone")
        return True
    from crm_core.leads.messages import CreateLead

    tags = talk.came_from.get("utm") or {}
    # By his own page, or by the platform he wrote from.
    line = talk.chat.partition(":")[0]
    source = line if line in PLATFORMS else "widget"
    gate.perform(talk, CreateLead(
        name=talk.contact.get("name") or (str(name.value) if name else ""), phone=phone,
        vehicle=vehicle.words if vehicle else "", source=source, channel=source,
        message="\n".join(filter(None, (talk.focused("wish"), talk.text))),
        campaign=str(tags.get("campaign", ""))[:200], referrer=talk.came_from.get("page", ""), utm=tags,
    ))  # fmt: skip
    return True


def plain(command: Command) -> dict[str, dict[str, Any]]:
    """The slots as they are remembered."""
    return {name: slot.to_json() for name, slot in command.slots.items()}
