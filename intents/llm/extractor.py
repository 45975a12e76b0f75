"""What people outside the house write, read by a model that has no tools and may answer in one small form only."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ..schema import load_schema
from ..types import Command, Slot, Understanding
from .check import Checker, Unsaid
from .provider import plain, tokens_of
from .redact import Redaction
from .spoken import Said
from .tools import NEVER
from .words import Drafted, Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_OBJECT = re.compile(r"\{.*\}", re.S)
MAX_ANSWER = 2000


class _Outside(Said):
    """All of it is the speaker's own: he speaks for himself, and may do no more than he may."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.quotes = []


async def read_untrusted(client: BaseChatModel, message: Message) -> Drafted:
    """One intent of those offered and the words of its slots; unrecognised for anything else."""
    from .model import prompts

    redaction = Redaction(message.lexicon, message.hide_names)
    offered = sorted(message.offered - NEVER)
    told = prompts()["extract"].format(form=_forms(offered))
    shown = _inside(redaction.hide(message.text))
    asked: list[BaseMessage] = [SystemMessage(told), HumanMessage(f"<quoted>{shown}</quoted>")]
    answers: list[AIMessage] = []
    for _ in range(2):
        answers.append(await client.ainvoke(asked))
        found = _parsed(plain(answers[-1].content))
        if found is not None:
            return Drafted(_understood(message, found, offered, redaction), tokens_of(answers))
        asked = [*asked, answers[-1], HumanMessage(prompts()["extract_again"])]
    return Drafted(_nothing(message), tokens_of(answers))


async def gist(client: BaseChatModel, message: Message, passage: str) -> tuple[str, int]:
    """Which of a customer's intents a quoted passage resembles, by name, or `other`; and what asking cost."""
    offered = frozenset(name for name, spec in load_schema().items() if "customer" in spec.who) - NEVER
    inner = replace(message, text=passage, role="customer", offered=offered, trusted=False)
    found = await read_untrusted(client, inner)
    commands = found.understanding.commands
    return (commands[0].intent if commands else "other"), found.tokens


def _forms(offered: list[str]) -> str:
    schema = load_schema()
    return "\n".join(f"{name}({', '.join(schema[name].slots)})" for name in offered)


def _inside(text: str) -> str:
    """Quoted text cannot end its own quotation."""
    return text.replace("<", "〈").replace(">", "〉")


def _parsed(answer: str) -> dict[str, Any] | None:
    """The one object in an answer; None when it is of no such form."""
    match = _OBJECT.search(answer[:MAX_ANSWER])
    try:
        found = json.loads(match[0]) if match else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("intent"), str) else None


def _understood(message: Message, found: dict[str, Any], offered: list[str], redaction: Redaction) -> Understanding:
    intent, given = found["intent"], found.get("slots")
    if intent not in offered:
        return _nothing(message)
    checker = Checker(_Outside(message.text), message.now, message.context, message.lexicon)
    slots: dict[str, Slot] = {}
    for name in load_schema()[intent].slots:
        words = given.get(name) if isinstance(given, dict) else None
        if isinstance(words, str) and words.strip():
            try:
                slots[name] = checker.slot(intent, name, redaction.show(words))
            except Unsaid:
                continue  # he will be asked for what is needed
    if load_schema()[intent].whole_text:
        text = message.text.strip()
        slots["text"] = Slot(text, text, 0, len(message.text))
    share = sum(s.end - s.start for s in slots.values() if s.words) / max(1, len(message.text))
    return Understanding(message.text, "recognised", (Command(intent, slots),), "model", min(1.0, share),
                         why="read by the model")  # fmt: skip


def _nothing(message: Message) -> Understanding:
    return Understanding(message.text, "unrecognised", layer="model", why="the model found nothing that holds")
