"""Several parts in one message: each is asked about in turn, for the same vehicle."""

from __future__ import annotations

import re
from typing import Any

from bot.conversation.brain import CodeSaid
from bot.conversation.gate import Step
from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from bot.skills.part_cars import ANSWER, PARTS
from crm_core.fitment.rules import OTHER, UNKNOWN

# What says which vehicle it is, and so holds for the next part of the same message too.
_CAR_SLOTS = frozenset({"vehicle", "variant", "vin", "plate", "codes", "person"})
_JOINT = re.compile(r"和|与|跟|及|、|,|，|还有|加上|以及|\band\b|\bplus\b|&|\+|;|；", re.I)
# Places that are said together: 前后刹车片, front and rear pads.
_PAIRS = (("前", "后"), ("左", "右"), ("front", "rear"), ("left", "right"))


def other_part(talk: Talk, draft: Draft) -> None:
    """Another part named where only the vehicle was asked for: the question is about that one now."""
    kind = "oe" if draft.words("oe") else "part"
    own = draft.words(kind)
    if not own or own in talk.text or draft.asked == "category" or "vehicle" not in draft.slots:
        return
    said = [one for one in talk.brain.parts_said(talk.text, talk.actor, talk.now) if one.kind in ("part", "oe")]
    said += [other for one in said if (other := _other_place(one))]
    if said and not any((one.kind, one.value) == (kind, draft.text(kind)) for one in said):
        dropped = {"part", "oe", "spread", *(name for name in draft.slots if name.startswith(ANSWER))}
        draft.slots = {name: slot for name, slot in draft.slots.items() if name not in dropped}
        draft.slots[said[0].kind] = {"value": said[0].value, "words": said[0].words}


def spread(talk: Talk, draft: Draft) -> None:
    """Every further part of the same message is asked about after the first, for the same vehicle."""
    if "spread" in draft.slots:
        return
    _share_car(draft)
    own = draft.words("oe") or draft.words("part")
    if not own or own not in talk.text:
        return
    said = [one for one in talk.brain.parts_said(talk.text, talk.actor, talk.now) if one.kind in ("part", "oe")]
    named = {own, *(str(slot.get("words")) for one in draft.rest for slot in one["slots"].values())}
    further, at = [other for one in said if (other := _other_place(one))], 0
    for one in said:
        start = talk.text.find(one.words, at)
        if at and one.words not in named and _JOINT.search(talk.text, at, max(start, at)):
            further.append(one)
        at = max(start, 0) + len(one.words)
    if further:
        draft.slots["spread"] = {"value": True, "words": ""}
        car = {name: slot for name, slot in draft.slots.items() if name in _CAR_SLOTS}
        draft.rest = [{"intent": draft.intent, "slots": car | {"spread": draft.slots["spread"],
                       one.kind: {"value": one.value, "words": one.words}}} for one in further] + draft.rest  # fmt: skip


def _other_place(one: CodeSaid) -> CodeSaid | None:
    """前后刹车片 and `front and rear brake pads` are two parts: the one at the place that was said first."""
    for first, last in _PAIRS:
        both = re.match(rf"{first}\s*(?:轮|边)?\s*(?:/|和|、|and|&)?\s*{last}", one.words, re.I)
        if one.kind == "part" and both and one.value.lower().startswith(last):
            return CodeSaid("part", first + one.value[len(last) :], first + one.words[both.end() :])
    return None


def _share_car(draft: Draft) -> None:
    """Several questions about parts in one message are about one vehicle, wherever in it the vehicle was said."""
    about = [one for one in draft.rest if one["intent"] in PARTS and one["slots"].keys() & {"part", "oe"}]
    carried = [draft.slots, *(one["slots"] for one in about)]
    said: dict[str, Any] = next((slots for slots in carried if slots.keys() & {"vehicle", "vin", "plate"}), {})
    for slots in carried if about else ():
        slots["spread"] = {"value": True, "words": ""}
        if not slots.keys() & {"vehicle", "vin", "plate"}:
            slots |= {name: slot for name, slot in said.items() if name in _CAR_SLOTS}


def next_part(draft: Draft) -> Step:
    """What was learnt about the vehicle holds for the next part of the message."""
    known = {name: slot for name, slot in draft.slots.items() if name in _CAR_SLOTS or _tells_car(name, slot["value"])}
    for one in draft.rest:
        if "spread" in one["slots"]:
            one["slots"] |= known
    return None


def _tells_car(name: str, value: object) -> bool:
    """An answer about the car. "None of these" and "I do not know" were about this part's conditions alone."""
    about_part = (f"{ANSWER}position", f"{ANSWER}category")
    return name.startswith(ANSWER) and name not in about_part and value not in (OTHER, UNKNOWN)
