"""Putting right by words what was written lately: 电话写错了,是139… · 日期不对,应该是下周二 · no, make it 5000."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversation import gate, open_cards
from bot.conversation.pending import CORRECTION_LIFE, Draft
from bot.conversation.slots import keep_clock, read_money, read_when
from bot.conversation.talk import Talk
from bot.skills.recent import another_time, pushed_since
from intents.types import Command

# A change of these needs no undo first: the new value takes the place of the old one.
SETS = ("set_stage", "set_level", "set_expected_close", "request_discount", "create_quote", "move_appointment")
# What of a lead is put right in the lead itself.
LEADS = ("create_lead", "revise_lead")
REVISED = {"person", "phone", "vehicle"}
BOOKS = ("book_test_drive", "book_service", "book_visit")
# How long after a write a bare 不对 or 算了 is about it.
JUST_NOW = timedelta(minutes=10)

Slots = dict[str, dict[str, Any]]


def correct(talk: Talk, said: str) -> bool:
    """Take the message as the correction of a write of this chat. False: it is something else."""
    found = _meant(talk, said)
    if found is None:
        return False
    written, command = found
    if _age(talk, written) > CORRECTION_LIFE:
        talk.say("correct.too_late", what=_named(talk, written), when=talk.voice.when(datetime.fromisoformat(written.at)))
        return True
    since = talk.memory.waiting
    put_right(talk, written, {name: slot.to_json() for name, slot in command.slots.items()})
    if since is not None:
        open_cards.come_back(talk, Draft(written.intent))
    return True


def takes(talk: Talk, waiting: Draft, said: str) -> bool:
    """Whether a correction is one of the draft that waits for an answer."""
    return _read(talk, waiting, said) is not None


def unclear(talk: Talk, said: str) -> bool:
    """A correction without a value that fits: asked for once more, or told that there is nothing to correct."""
    from intents.corrections import read_correction

    found = read_correction(said)
    if found is None or not found.marked:
        return False
    if not right_now(talk, "refuse"):
        talk.say("correct.nothing")
    return True


def _meant(talk: Talk, said: str) -> tuple[Draft, Command] | None:
    """The newest write that has such a slot, and the slot's new value; else the newest that could have it."""
    from intents.corrections import read_correction

    found = read_correction(said)
    if found is None:
        return None
    written = list(reversed(talk.memory.written))
    if written and not (found.slot or found.old) and pushed_since(talk, datetime.fromisoformat(written[0].at)):
        return None
    leads = [d for d in written if d.intent in LEADS and found.slot in ("person", "phone")]
    for draft in (*leads, *written):
        command = _read(talk, draft, said)
        if command is not None and set(command.slots) <= set(draft.slots):
            return draft, command
    command = _read(talk, written[0], said) if written else None
    return (written[0], command) if command is not None else None


def _read(talk: Talk, draft: Draft, said: str) -> Command | None:
    """The correction as one of this write's slots."""
    from intents.replies import corrected

    intent = "create_lead" if draft.intent in LEADS else draft.intent
    known = {name: draft.words(name) or draft.text(name) for name in draft.slots}
    return corrected(said, intent, known, talk.voice.here)


def put_right(talk: Talk, written: Draft, slots: Slots) -> None:
    """The very slot of the very record gets another value: at once where it was written at once, else by a card."""
    draft = Draft(written.intent, dict(written.slots), dict(written.chosen), written.layer, undo_id=written.undo_id)
    slots = kept(talk, draft, slots)
    draft.changed = {name: _line(talk, name, written.slots.get(name), slot) for name, slot in slots.items()}
    if "person" in slots:
        draft.chosen.clear()
    draft.fill(slots)
    moves = set(slots) == {"when"}
    if draft.intent in LEADS and written.record and written.undo_id and set(slots) <= REVISED:
        draft.intent, draft.chosen = "revise_lead", {"lead": written.record}
    elif draft.intent in BOOKS and moves and written.record:
        chosen = {**written.chosen, "appointment": written.record}
        draft = Draft("move_appointment", {"when": slots["when"]}, chosen, changed=draft.changed)
    elif draft.intent in SETS and "person" not in slots:
        draft.undo_id = ""
    gate.pass_through(talk, draft)


def kept(talk: Talk, draft: Draft, slots: Slots) -> Slots:
    """New values with what the old one had and the new one leaves unsaid: the day, or the time of day."""
    if "when" not in slots or draft.value("when") is None:
        return slots
    given = another_time(talk, draft, slots["when"])
    return slots | {"when": given | {"value": keep_clock(draft.value("when"), given["value"], talk.actor.zone)}}


def right_now(talk: Talk, intent: str) -> bool:
    """不对 or 算了 after something was just written: what should it be, or shall it be taken back?"""
    written = next(reversed(talk.memory.written), None)
    if written is None or _age(talk, written) > JUST_NOW:
        return False
    if intent == "refuse":
        gate.edit(talk, written)
    elif written.undo_id:
        talk.say("correct.undo_it", *talk.take_back(written.undo_id)[-1:], what=_named(talk, written))
    return intent == "refuse" or bool(written.undo_id)


def _age(talk: Talk, written: Draft) -> timedelta:
    return talk.now - datetime.fromisoformat(written.at)


def _named(talk: Talk, written: Draft) -> str:
    """What was written, in a few words: 设提醒（明天下午三点）."""
    what = talk.voice.maybe(f"intent.{written.intent}") or written.intent
    words = written.told_apart()
    return talk.voice.say("correct.named", what=what, words=words) if words else what


def _line(talk: Talk, name: str, was: dict[str, Any] | None, now: dict[str, Any]) -> str:
    before = _spoken(talk, name, was) if was else talk.voice.say("common.none")
    return talk.voice.say("correct.line", slot=talk.voice.label("slot", name), was=before, now=_spoken(talk, name, now))


def _spoken(talk: Talk, name: str, slot: dict[str, Any]) -> str:
    """A slot as it is shown to people."""
    value, words = slot.get("value"), str(slot.get("words") or "")
    when = read_when(value, talk.actor.zone) if name in ("when", "period") else None
    if when is not None and when.start is not None:
        return talk.voice.span(when.start.astimezone(ZoneInfo(talk.actor.zone)), when.end, when.vague)
    money = read_money(value) if name == "money" else None
    if money is not None:
        return talk.voice.money(money)
    if name in ("stage", "level") and isinstance(value, str):
        return talk.voice.label(name, value)
    return value if isinstance(value, str) else words
