"""What a stretch of text says beside its sentence: spans, a clock, other people, a channel, further clauses."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .data import lists
from .grammar import FREE, expand, nameless, values
from .mask import MARK, MARKS, Masked
from .schema import IntentSpec
from .types import Slot, Span

CUT = re.compile(
    r"[,;.!?。\n]+|然后|顺便|顺带|同时|并且|另外|还有(?=给|把|帮)|\band then\b|\band also\b|\band\b|\bthen\b"
)
_FIRM_CUT = re.compile(r"[,;.!?。\n]")
_NOT_A_NUMBER = rf"(?![号码是:\s]*{MARK['phone']})"  # 电话138... gives a number, no channel
CLOCK = re.compile(
    r"(?:早上|上午|中午|下午|傍晚|晚上|早|晚)?\s?(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|:|时)|"
    r"(?:at )?\d{1,2}(?::\d\d)?\s?(?:[ap]m|o'clock)", re.I,
)  # fmt: skip


def at_clock(day: Slot | None, span: Span) -> Slot | None:
    """A day said before and a clock said now: 星期天能做保养吗,我十点到 is Sunday at ten."""
    if day is None or span.kind != "when" or not (isinstance(day.value, str) and isinstance(span.value, str)):
        return None
    if len(day.value) != 10 or "T" not in span.value or not CLOCK.match(span.words):
        return None
    hour, open_until = int(span.value[11:13]), 19
    if hour > open_until and span.words[:1] not in "晚" and "pm" not in span.words.lower():
        hour -= 12  # read as tonight's ten because this morning's is over; on another day it is the morning's
    clock = f"T{hour:02}{span.value[13:]}"
    return Slot(day.value + clock, f"{day.words} {span.words}", day.start, day.end)


_JOINT = re.compile(
    r"(?:[\s,.;，。；]{0,8}(?:顺便|另外|然后|同时|并且|还有|\band also|\band then|\balso|\band|\bthen)){1,6}\W{0,8}$", re.I
)


def trimmed(words: str) -> str:
    """Free text without the words that lead on to the next command."""
    return _JOINT.sub("", words) or words


def over(value: Any, today: str) -> bool:
    """Whether a date, an instant or a range lies wholly before today."""
    last = (value.get("end") or value.get("start")) if isinstance(value, dict) else value
    if not isinstance(last, str):
        return False
    return last[:10] < today or (isinstance(value, dict) and last == today)


def ahead(when: Slot | None, part: Masked, today: str) -> Slot | None:
    """The time that is still to come, where what was read first is when somebody said so."""
    if when is None or not today or not over(when.value, today):
        return when
    times = (Slot.of(span) for _, span in sorted(part.spans.items()) if span.kind == "when")
    return next((slot for slot in times if not over(slot.value, today)), when)


_PEOPLE = re.compile(
    rf"{MARK['person']}(?:(?:和|与|跟|、|,|还有|以及| and |, ){MARK['person']})+(?=都|也|一起|全| both|$)"
)


def alike(slots: dict[str, Slot], part: Masked) -> tuple[Slot, ...]:
    """Everybody named beside the person in one breath, who is not meant by another slot."""
    person, meant = slots.get("person"), list(slots.values())
    for match in _PEOPLE.finditer(part.text) if person else ():
        named = [Slot.of(part.spans[i]) for i in range(match.start(), match.end()) if i in part.spans]
        if person in named:
            return tuple(slot for slot in named if slot not in meant)
    return ()


def guessed_names(slots: dict[str, Slot], part: Masked) -> int:
    known = {span.start for span in part.spans.values()}
    return sum(name.startswith("person") and slot.start not in known for name, slot in slots.items())


# What follows a comma may be their reason, or another command.
_BESIDE = ("decide_approval", "mark_lost", "log_contact", "transfer_customer", "request_discount", "hand_over")


def swallowed(spec: IntentSpec, match: Any, part: Masked, weights: list[float]) -> float:
    """The weight of whole clauses inside free text: they may be commands of their own."""
    group = next((g for n, g in match.re.groupindex.items() if n in FREE and match.start(g) >= 0), None)
    if group is None or spec.whole_text:
        return 0.0
    start, end = match.start(group), match.end(group)
    cuts = [m.end() for m in _FIRM_CUT.finditer(part.text, start, end)]
    if spec.name == "log_contact":
        cuts += [*part.breaks, *(m.end() for m in CUT.finditer(part.text, start, end))]
    if spec.name in _BESIDE and _FIRM_CUT.match(part.text, start - 1):
        cuts.append(start)
    if spec.name == "remind_me":
        cuts = [c for c in cuts if sum(weights[start:c]) >= 1]
    first = min((c for c in cuts if start <= c < end), default=end)
    return sum(weights[first:end])


@cache
def mentions(language: str, name: str) -> re.Pattern[str]:
    words = sorted((w for w in values(language)[name] if len(w) > 1), key=len, reverse=True)
    edge = r"\b" if language == "en" else ""
    before, after = (
        expand(lists(language, "fragments")[f"{name}_{side}"], language) for side in ("from", "tail")
    )
    return re.compile(
        f"(?:{before})?{edge}(?P<word>{'|'.join(map(re.escape, words))}){edge}{_NOT_A_NUMBER}(?:{after})?"
    )


@cache
def work(language: str) -> re.Pattern[str]:
    """Words for what a workshop does, or for what is wrong with a car; a part is named by what is done to it."""
    kinds = "|".join(nameless(expand(lists(language, "fragments")[name], language)) for name in ("serv", "symptom"))
    if language == "zh":
        kinds = f"(?:换|更换|修|补|做|清洗|检查)过?[^,。?!{MARKS}过了个一]{{1,8}}?(?=是|吗|了|过|没|,|。|$)|{kinds}"
    return re.compile(kinds)


def fits(span: Span, spec: IntentSpec, filled: dict[str, Slot]) -> str | None:
    """The slot of an intent that a span outside its sentence may fill."""
    kind = span.kind
    if kind in spec.slots and kind not in filled:
        if (
            kind == "when"
            and "period" in spec.slots
            and isinstance(span.value, dict)
            and "T" not in str(span.value)
        ):
            return "period" if "period" not in filled else None
        return kind
    if kind == "when" and "period" in spec.slots and not {"period", "when"} & set(filled):
        return "period"
    return None
