"""Long messages: many orders in one, and notes of several lines."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.conversation.talk import Talk
from intents.types import Command, Context, Understanding

# As many clauses as one sentence is read with.
TOGETHER = 6
MOST = 20
_CLAUSE = re.compile(r"[^,，;；。!！\n]*[,，;；。!！\n]*")
# Of these the rest of the message is what is told.
TELLING = ("add_note", "log_contact", "open_ticket", "ask_knowledge", "suggest_reply", "send_message")


def read_long(talk: Talk, said: str, context: Context, understood: Understanding) -> Understanding:
    """A better reading of a message with many clauses or lines; the one given when there is none."""
    if (understood.outcome != "recognised" or understood.layer == "ranker") and "\n" in said.strip():
        understood = _in_one_line(talk, said, context, understood)
    clauses = [part for part in _CLAUSE.findall(said) if part.strip(" ,，;；。!！\n")]
    told = understood.commands and understood.commands[0].intent in TELLING
    if len(clauses) <= TOGETHER or told:
        return understood
    return _by_parts(talk, clauses, context, 1) or _by_parts(talk, clauses, context, TOGETHER) or understood


def _in_one_line(talk: Talk, said: str, context: Context, understood: Understanding) -> Understanding:
    """A note of several lines is one note; its text keeps its lines."""
    flat = talk.brain.understand(said.replace("\n", "，"), talk.actor, talk.now, context)
    if flat.outcome != "recognised" or flat.layer != "grammar":
        return understood
    return replace(flat, text=said, commands=tuple(_lines_back(command, said) for command in flat.commands))


def _lines_back(command: Command, said: str) -> Command:
    flat = said.replace("\n", "，")
    texts = {
        name: replace(slot, value=said[slot.start : slot.end], words=said[slot.start : slot.end])
        for name, slot in command.slots.items()
        if isinstance(slot.value, str) and flat[slot.start : slot.end] == slot.value == slot.words and "，" in slot.value
    }
    return command.with_slots(**texts)


def _by_parts(talk: Talk, clauses: list[str], context: Context, size: int) -> Understanding | None:
    """Some clauses at a time; None unless every part is understood, and more comes of it than one order."""
    commands: list[Command] = []
    found: Understanding | None = None
    for start in range(0, len(clauses), size):
        part = "".join(clauses[start : start + size])
        people = [str(c.slots["person"].value) for c in commands if "person" in c.slots]
        about = Context(focus_person=people[-1]) if people else context
        found = talk.brain.understand(part, talk.actor, talk.now, about)
        if found.outcome != "recognised" or found.layer != "grammar":
            return None
        commands += found.commands
    if found is None or len(commands) < 2:
        return None
    if len(commands) > MOST:
        talk.say("sorry.too_many", n=MOST)
    return replace(found, text="".join(clauses), commands=tuple(commands[:MOST]))
