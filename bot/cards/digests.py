"""A day's plan, a day looked back on: one message of short lines, each opening its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.base import Easel, joined, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.insights.messages import DayPlan, DaySummary, Line, PlanView, SummaryView

LABEL = 24


def in_his_language(easel: Easel, params: dict[str, Any]) -> Easel:
    """Drawn in the language he wants this digest in."""
    language = params.get("language") or easel.actor.language
    return replace(
        easel, actor=replace(easel.actor, language=language), voice=replace(easel.voice, lang=language)
    )


@pushed("digest_morning")
def morning(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """The plan of the day it is for, as it stands now."""
    easel = in_his_language(easel, params)
    view: PlanView = easel.ask(DayPlan(on=date.fromisoformat(params["on"])))
    today = view.on == easel.voice.here.date()
    card = plan_card(easel.voice, view, "digest_morning", "digest.morning" if today else "digest.plan")
    return out(_unsure(easel.voice, card, params))


@pushed("digest_evening")
def evening(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """The day it is for, as it stands now."""
    easel = in_his_language(easel, params)
    view: SummaryView = easel.ask(DaySummary(on=date.fromisoformat(params["on"])))
    today = view.on == easel.voice.here.date()
    card = summary_card(easel.voice, view, "digest_evening", "digest.evening" if today else "digest.summary")
    return out(_unsure(easel.voice, card, params))


def _unsure(voice: Voice, card: Card, params: dict[str, Any]) -> Card:
    """Reminders that may not have reached him are a press away."""
    rows = params.get("unsure") or []
    if not rows:
        return card
    label = voice.say("digest.unsure", n=len(rows))
    return replace(card, buttons=(*card.buttons, Button(label, "late.rest", {"rows": rows, "from": 0, "why": "unsure"})))


def plan_card(voice: Voice, view: PlanView, kind: str = "day_plan", title: str = "digest.plan") -> Card:
    """A day's plan; what does not fit is a press away."""
    day = voice.day(view.on)
    if not view.lines:
        return Card(kind, voice.say("digest.plan_empty", day=day))
    fields, buttons = listed(voice, view.lines[: view.limit])
    return Card(
        kind, voice.say(title, day=day, n=len(view.lines)), fields,
        (*buttons, *_rest(voice, view.on, len(view.lines), view.limit)),
        status=voice.say("digest.late", n=view.overdue) if view.overdue else None,
        tone="warn" if view.overdue else None,
    )  # fmt: skip


def rest_card(voice: Voice, view: PlanView, start: int) -> Card:
    """What did not fit into the message before."""
    after = view.lines[start : start + view.limit]
    if not after:
        return Card("day_plan", voice.say("digest.rest_none"))
    fields, buttons = listed(voice, after)
    return Card("day_plan", voice.say("digest.rest_title", day=voice.day(view.on), n=len(view.lines) - start), fields,
                (*buttons, *_rest(voice, view.on, len(view.lines), start + view.limit)))  # fmt: skip


def _rest(voice: Voice, on: date, count: int, shown: int) -> tuple[Button, ...]:
    if count <= shown:
        return ()
    label = voice.say("digest.rest", n=count - shown)
    return (Button(label, "digest.rest", {"on": on.isoformat(), "from": shown}),)


def listed(
    voice: Voice, lines: Sequence[Line], first: int = 0
) -> tuple[tuple[Field, ...], tuple[Button, ...]]:
    """Lines as fields of a card and the buttons that open them; `first` is the number of the first field."""
    fields = tuple(
        Field(_when(voice, line), line_text(voice, line), emph=line.group == "overdue") for line in lines
    )
    buttons = tuple(
        Button(_label(voice, line), "open", {"subject": line.subject}, line=first + index)
        for index, line in enumerate(lines)
    )
    return fields, buttons


def _when(voice: Voice, line: Line) -> str:
    """What stands before a line: the clock, or why it stands where it does."""
    if line.group == "timed" and line.at is not None:
        return voice.clock(line.at.astimezone(ZoneInfo(voice.zone)).time())
    return voice.say(f"digest.k.{line.group}")


def line_text(voice: Voice, line: Line) -> str:
    """Whom, what, and when where that does not stand before it."""
    what = what_of(voice, line)
    name = line.name if line.name and line.name not in what else ""
    when = ""
    if line.group == "overdue":
        when = _since(voice, line)
    elif line.group == "first_call" and line.at is not None:
        when = voice.say("digest.before", at=voice.clock(line.at.astimezone(ZoneInfo(voice.zone)).time()))
    elif line.group == "renewal":
        when = voice.when(line.on)
    return joined(name, what, when) or voice.say(f"digest.k.{line.group}")


def _since(voice: Voice, line: Line) -> str:
    """When it should have been done: today only the clock, which keeps the line short."""
    if line.at is None:
        return ""
    local = line.at.astimezone(ZoneInfo(voice.zone))
    return voice.clock(local.time()) if local.date() == voice.here.date() else voice.when(line.at)


def what_of(voice: Voice, line: Line) -> str:
    """What is to be done: the kind of visit and its car, the cadence's name, the task's own words."""
    concept = line.subject.partition(":")[0]
    if concept == "appointment":
        return joined(voice.label("appointment", line.kind), line.what)
    if line.kind == "first_call":
        return joined(voice.say("digest.first_call") if line.group == "overdue" else "", line.what)
    return line.what


def _label(voice: Voice, line: Line) -> str:
    """What a channel without lines that can be pressed shows on the button."""
    what = what_of(voice, line)
    return joined(line.name if line.name not in what else "", what, by=" ")[:LABEL] or voice.say(
        "button.open"
    )


def summary_card(
    voice: Voice, view: SummaryView, kind: str = "day_summary", title: str = "digest.summary"
) -> Card:
    """Done, still open, and what comes first the next day."""
    day = voice.day(view.on)
    if not view.done and not view.still_open and view.first is None:
        return Card(kind, voice.say("digest.summary_empty", day=day))
    done = joined(*(voice.say(f"digest.done.{one.kind}", n=one.count) for one in view.done))
    fields = [Field(voice.say("digest.k.done"), done)] if done else []
    # One line each is kept for what was done and for what comes first.
    shown = view.still_open[: view.limit - 2]
    opened, buttons = listed(voice, shown, len(fields))
    fields += opened
    ahead, first = _ahead(voice, view, len(fields))
    count = sum(one.count for one in view.done if one.kind != "first_calls")
    said = voice.say(title, day=day, n=count) if count else voice.say("digest.summary_none", day=day)
    return Card(
        kind, said, (*fields, ahead),
        (*buttons, *first, *_rest(voice, view.on, len(view.still_open), len(shown))),
        status=voice.say("digest.still", n=len(view.still_open)) if view.still_open else None,
        tone="warn" if any(line.late for line in view.still_open) else "good",
    )  # fmt: skip


def _ahead(voice: Voice, view: SummaryView, number: int) -> tuple[Field, tuple[Button, ...]]:
    """The first thing of the next working day."""
    day = voice.day(view.next_on)
    key = voice.say("digest.k.next", day=day)
    if view.first is None:
        return Field(key, voice.say("digest.nothing_next", day=day)), ()
    line = view.first
    at = (
        voice.clock(line.at.astimezone(ZoneInfo(voice.zone)).time())
        if line.group == "timed" and line.at
        else ""
    )
    more = voice.say("digest.more_tomorrow", n=view.next_count) if view.next_count > 1 else ""
    said = joined(at, line_text(voice, line), more)
    return Field(key, said), (Button(_label(voice, line), "open", {"subject": line.subject}, line=number),)
