"""Being away, coming back, and who stands in: said in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.cards.absences import absence_card, absences_card, span_words, undo_back
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.presses import verb
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.absences.messages import Absences, AbsenceView, EndAbsence, SetAbsence, SetDeputy
from crm_core.kernel.registry import Result
from crm_core.org.messages import FindColleagues, PersonView

KINDS: tuple[Literal["leave", "out"], ...] = ("leave", "out")
LONG = timedelta(hours=20)
AFTERNOON = 16


@skill("set_absence", tier=Tier.OWN)
def set_absence(talk: Talk, draft: Draft) -> Step:
    """On leave, or out with the phone at hand; only when neither is clear it is asked."""
    person, deputy = _named(talk, draft, "person"), _named(talk, draft, "person_to")
    for missing in (person, deputy):
        if isinstance(missing, Need):
            return missing
    kind = next((k for k in KINDS if k == draft.text("absence")), None)
    if kind is None:
        return Need("absence", "absence_kind", {}, tuple(_kind_chip(talk, draft, k) for k in KINDS))
    start, end = _span(talk, draft)
    return Act(SetAbsence(kind=kind, start=start, end=end, person_id=_id(person), deputy_id=_id(deputy)))


def _named(talk: Talk, draft: Draft, slot: str) -> PersonView | Need | None:
    said = draft.text(slot).strip()
    if slot not in draft.chosen and said in ("", "我", "me", talk.actor.name):
        return None
    return colleague(talk, draft, slot, role="")


def _id(person: PersonView | Need | None) -> str | None:
    return person.id if isinstance(person, PersonView) else None


def _kind_chip(talk: Talk, draft: Draft, kind: str) -> Button:
    label = talk.voice.say(f"button.absence_{kind}")
    return Button(label, "draft.pick", {"t": draft.token, "slot": "absence", "value": kind, "words": label})


def _span(talk: Talk, draft: Draft) -> tuple[datetime | None, datetime]:
    """From when until when: what was said, else the rest of today. `period` is an end: 两天, 到周三."""
    zone = talk.actor.zone
    until = read_when(draft.value("period"), zone)
    if until is not None:
        end = until.end or until.start or talk.now
        return None, _midnight(end, zone) if until.end is None and end - talk.now >= LONG else end
    when = read_when(draft.value("when"), zone)
    if when is None:
        return None, _midnight(talk.now, zone, after=1)
    if when.end is None and when.start is not None:
        return when.start, _midnight(when.start, zone, after=1)
    end = when.end or _midnight(talk.now, zone, after=1)
    # An afternoon off is the rest of the day; and one said when it is over means what is left of it.
    late = end.astimezone(ZoneInfo(zone)).hour >= AFTERNOON or end <= talk.now
    return when.start, _midnight(end - timedelta(seconds=1), zone, after=1) if late else end


def _midnight(at: datetime, zone: str, after: int = 0) -> datetime:
    """Midnight of a local day, or so many days later."""
    local = at.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=after), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)


@after(SetAbsence)
def absence_set(talk: Talk, command: SetAbsence, result: Result, draft: Draft | None) -> None:
    """What was noted, and where the work goes."""
    view: AbsenceView = result.view
    own = view.person_id == talk.actor.id
    said = {"name": view.person_name, "when": span_words(talk.voice, view.start, view.end), "deputy": view.deputy_name,
            "n": len(view.moved)}  # fmt: skip
    whose = "own" if own else "other"
    extra = talk.take_back(result.undo_id)
    if view.kind == "out":
        talk.say(f"absence.out_{whose}", *extra, *((undo_back(talk.voice),) if own else ()), **said)
        return
    title = talk.voice.say(f"absence.leave_{whose}", **said)
    card = absence_card(talk.voice, view, title=title, extra=extra)
    talk.show(replace(card, note=talk.voice.say(_where(view), **said), subject=""))


def _where(view: AbsenceView) -> str:
    """The text that says who does the work."""
    if not view.begun:
        return "absence.then_deputy" if view.deputy_id else "absence.then_manager"
    if view.deputy_id is None:
        return "absence.with_nobody"
    return "absence.with_deputy" if view.moved else "absence.with_deputy_none"


@skill("end_absence", tier=Tier.OWN)
def end_absence(talk: Talk, draft: Draft) -> Step:
    """Back; or a leave ahead does not take place."""
    person = _named(talk, draft, "person")
    if isinstance(person, Need):
        return person
    who = _id(person) or talk.actor.id
    known: list[AbsenceView] = talk.ask(Absences(person_id=who))
    if not known:
        talk.say("absence.not_away" if who == talk.actor.id else "absence.other_not_away",
                 name=person.name if person else "")  # fmt: skip
        return None
    begun = any(view.begun for view in known)
    return Act(EndAbsence(person_id=_id(person), absence_id=None if begun else known[0].id))


@after(EndAbsence)
def absence_ended(talk: Talk, command: EndAbsence, result: Result, draft: Draft | None) -> None:
    """Welcome back; what is left comes as a card of its own."""
    view: AbsenceView | None = result.view
    own = result.id == talk.actor.id
    name = view.person_name if view is not None else ""
    key = "absence.cancelled" if view is not None and view.start >= talk.now else "absence.back"
    talk.say(key if own else f"{key}_other", *talk.take_back(result.undo_id), name=name)


@verb("absence.back")
def press_back(talk: Talk, params: dict[str, Any]) -> None:
    """I am back."""
    perform(talk, EndAbsence())


@skill("set_deputy", tier=Tier.OWN)
def set_deputy(talk: Talk, draft: Draft) -> Step:
    """For the leave that is meant, else for good."""
    person, deputy = _named(talk, draft, "person"), _named(talk, draft, "person_to")
    if isinstance(person, Need):
        return person
    if not isinstance(deputy, PersonView):
        return deputy if isinstance(deputy, Need) else Need("person_to")
    who = _id(person)
    leaves = [v for v in talk.ask(Absences(person_id=who or talk.actor.id)) if v.kind == "leave"]
    if draft.text("period") and leaves:
        view = leaves[0]
        return Act(SetAbsence(kind="leave", start=view.start, end=view.end, person_id=who, deputy_id=deputy.id))
    return Act(SetDeputy(deputy_id=deputy.id, person_id=who))


@after(SetDeputy)
def deputy_set(talk: Talk, command: SetDeputy, result: Result, draft: Draft | None) -> None:
    """Who it is from now on."""
    found: list[PersonView] = talk.ask(FindColleagues())
    name = next((p.name for p in found if p.id == command.deputy_id), "")
    talk.say("absence.deputy_set", *talk.take_back(result.undo_id), name=name)


@skill("ask_absence")
def ask_absence(talk: Talk, draft: Draft) -> Step:
    """Who of the colleagues is away; of one, whether he is."""
    person = _named(talk, draft, "person")
    if isinstance(person, Need):
        return person
    when = read_when(draft.value("when"), talk.actor.zone)
    start = (when.start if when else None) or talk.now
    end = (when.end if when else None) or _midnight(start, talk.actor.zone, after=1)
    found: list[AbsenceView] = talk.ask(Absences(start=max(start, talk.now), end=end, person_id=_id(person)))
    day = talk.voice.day(start.astimezone(ZoneInfo(talk.actor.zone)).date())
    if not found:
        talk.say("absence.is_here" if person else "absence.nobody", name=person.name if person else "", day=day)
        return None
    talk.show(absences_card(talk.voice, found, talk.voice.say("card.absences", day=day, n=len(found))))
    return None
