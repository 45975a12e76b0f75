"""Cards about who is away: what moved to whom, what came back, who is off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.base import Easel, button, joined, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.absences.messages import AbsenceCard, AbsenceView, WorkLine, WorkLines

SHOWN = 10


@pushed("absence_moved", "absence_told", "absence_nobody", "absence_set", "absence_ahead", subject="absence")
def absence(easel: Easel, absence_id: str, params: dict[str, Any]) -> Outbound:
    """An absence as it stands, with the work somebody else does meanwhile."""
    view: AbsenceView = easel.ask(AbsenceCard(absence_id=absence_id))
    kind = params.get("kind", "absence")
    return out(absence_card(easel.voice, view, kind=kind, by=str(params.get("by", ""))))


@pushed("absence_back")
def back(easel: Easel, absence_id: str, params: dict[str, Any]) -> Outbound:
    """To whoever is back: what was done for him, and what waits for him."""
    lines: list[WorkLine] = easel.ask(WorkLines(subjects=tuple(params.get("items", ()))))
    return out(back_card(easel.voice, lines))


def back_card(voice: Voice, lines: Sequence[WorkLine]) -> Card:
    """Done first, then what is left."""
    done, left = ([line for line in lines if line.done is finished] for finished in (True, False))
    fields, buttons = work_fields(voice, left, voice.say("absence.left") if done else "")
    shown = tuple(_field(voice, line, voice.say("absence.done_by", name=line.owner_name)) for line in done[:SHOWN])
    key = "absence_back" if done and left else "absence_back_done" if done else "absence_back_left"
    title = voice.say(f"card.{key}", done=len(done), left=len(left))
    buttons = tuple(replace(b, line=b.line + len(shown) if b.line is not None else None) for b in buttons)
    return Card("absence_back", title, shown + fields, buttons)


def absence_card(
    voice: Voice, view: AbsenceView, *, kind: str = "absence", by: str = "", title: str = "", extra: tuple[Button, ...] = ()
) -> Card:  # fmt: skip
    """One absence. `moved` lists what the viewer may know of."""
    said = {"name": view.person_name, "when": span_words(voice, view.start, view.end), "by": by,
            "kind": voice.label("absence", view.kind), "n": len(view.moved), "deputy": view.deputy_name}  # fmt: skip
    fields, buttons = work_fields(voice, view.moved)
    return Card(
        kind=kind,
        title=title or voice.maybe(f"push.{kind}.{'title' if view.moved else 'none'}", **said)
        or voice.maybe(f"push.{kind}.title", **said) or voice.say("card.absence", **said),
        fields=fields,
        buttons=() if view.over else buttons + extra,
        status=voice.say("absence.over") if view.over else None,
        tone="done" if view.over else None,
        note=None if view.over else voice.maybe(f"push.{kind}.text", **said) or None,
        subject=f"absence:{view.id}",
    )


def work_fields(voice: Voice, lines: Sequence[WorkLine], label: str = "") -> tuple[tuple[Field, ...], tuple[Button, ...]]:
    """What is to be done, one line each with a way to open it."""
    shown = lines[:SHOWN]
    fields = [_field(voice, line, label) for line in shown]
    if len(lines) > SHOWN:
        fields.append(Field("", voice.say("absence.more", n=len(lines) - SHOWN)))
    buttons = tuple(
        Button(_said(voice, line, by=" ")[:40], "open", {"subject": f"{line.what}:{line.id}"}, line=place)
        for place, line in enumerate(shown)
    )  # fmt: skip
    return tuple(fields), buttons


def _field(voice: Voice, line: WorkLine, label: str) -> Field:
    return Field(joined(label, voice.when(line.at)), _said(voice, line))


def _said(voice: Voice, line: WorkLine, by: str = " · ") -> str:
    """What is to be done, and with whom."""
    about = voice.label("appointment", line.kind) if line.what == "appointment" else line.about
    what = "" if line.what in ("appointment", "followup") else voice.say(f"absence.{line.what}")
    return joined(what, about, line.customer_name if line.customer_name not in about else "", by=by)


def span_words(voice: Voice, start: datetime, end: datetime) -> str:
    """`今天`, `今天 14:00–18:00`, `11月23日(周一)到11月25日(周三)`."""
    zone = ZoneInfo(voice.zone)
    first, last = start.astimezone(zone), (end - timedelta(seconds=1)).astimezone(zone)
    whole = end.astimezone(zone).hour == end.astimezone(zone).minute == 0
    if first.date() != last.date():
        return voice.say("absence.days", first=voice.day(first.date()), last=voice.day(last.date()))
    if whole and (first.hour == 0 or first <= voice.here):
        return voice.day(first.date())
    return voice.span(start, end, True)


def absences_card(voice: Voice, views: Sequence[AbsenceView], title: str) -> Card:
    """Who is away, one line each."""
    fields = tuple(
        Field(view.person_name, joined(voice.label("absence", view.kind), span_words(voice, view.start, view.end),
                                       voice.say("absence.deputy", name=view.deputy_name) if view.deputy_name else ""))
        for view in views
    )  # fmt: skip
    return Card("absences", title, fields)


def undo_back(voice: Voice) -> Button:
    """[我回来了]."""
    return button(voice, "im_back", "absence.back")
