"""What comes due: written down, asked about, done, refused, put off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.base import joined
from bot.cards.renewals import SHOWN, due_day, later_card, renewal_card, renewal_list
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.cars import car_of
from bot.skills.tasks import NINE, later
from crm_core.kernel.registry import Result
from crm_core.renewals.messages import (
    AddRenewal,
    DeclineRenewal,
    MoveRenewal,
    RenewalCard,
    Renewals,
    RenewalView,
    Renewed,
    SnoozeRenewal,
)

MOST = 100
MAX_TITLE = 60
DAY = timedelta(days=1)
# How far ahead is looked when no time was said.
AHEAD = {"maintenance": 30, "anniversary": 30, "dormant": 0}
USUAL_AHEAD = 60
# Not a thing to renew: only asked for by name.
# What is paid for again: 续费 without a word for which.
PAID_FOR = ("insurance", "contract", "membership", "warranty", "other")
BY_NAME = ("dormant", "anniversary")
OF_CARS = ("insurance", "inspection", "warranty", "maintenance")


@skill("add_renewal", tier=Tier.OWN)
def add_renewal(talk: Talk, draft: Draft) -> Step:
    """Something of a customer's comes due on a day."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None or when.start is None:
        return Need("when", "renewal_when")
    kind = draft.text("renewal") or "other"
    car = car_of(talk, draft, who, required=False) if kind in OF_CARS else None
    if isinstance(car, Need):
        return car
    due_on = when.day(talk.actor.zone)
    span = (when.end - when.start) if when.vague and when.end is not None else timedelta()
    title = draft.text("text")[:MAX_TITLE] if kind == "other" else ""
    return Act(AddRenewal(kind=kind, customer_id=who, due_on=due_on, car_id=car.id if car else None, title=title,
                          approximate=span > DAY))  # fmt: skip


@after(AddRenewal)
def added(talk: Talk, command: AddRenewal, result: Result, draft: Draft | None) -> None:
    """What was written down, and that it will be reminded of."""
    view: RenewalView = result.view
    talk.about("customer", view.customer_id, view.customer_name)
    talk.say("renewal.added", *talk.take_back(result.undo_id, draft), name=view.customer_name, what=view.title,
             when=due_day(talk.voice, view))  # fmt: skip


@after(MoveRenewal)
def moved(talk: Talk, command: MoveRenewal, result: Result, draft: Draft | None) -> None:
    view: RenewalView = result.view
    talk.say("renewal.moved", *talk.take_back(result.undo_id), name=view.customer_name, what=view.title,
             when=due_day(talk.voice, view))  # fmt: skip


@skill("ask_renewals")
def ask_renewals(talk: Talk, draft: Draft) -> Step:
    """What comes due in a span, of a kind, or with one customer; for a customer his own."""
    named = (bool(draft.text("person")) and draft.text("renewal") != "dormant") or not talk.is_staff
    who = customer(talk, draft) if named else None
    if isinstance(who, Need):
        return who
    kind = draft.text("renewal")
    start, end = _span(talk, draft, kind)
    found: list[RenewalView] = talk.ask(Renewals(
        customer_id=who, kinds=(kind,) if kind and kind != "other" else (), start=start,
        end=None if named and start is None else end, limit=MOST,
    ))  # fmt: skip
    if kind == "other":
        found = [view for view in found if view.kind in PAID_FOR]
    elif kind not in BY_NAME:
        found = [view for view in found if view.kind not in BY_NAME]
    _show(talk, draft, kind, found)
    return None


def _span(talk: Talk, draft: Draft, kind: str) -> tuple[date | None, date]:
    """The span that was said; else all that is overdue or near."""
    when = read_when(draft.value("period") or draft.value("when"), talk.actor.zone)
    today = talk.voice.here.date()
    if when is None or when.start is None:
        return None, today + timedelta(days=AHEAD.get(kind, USUAL_AHEAD) + 1)
    zone = ZoneInfo(talk.actor.zone)
    end = when.end.astimezone(zone).date() if when.end is not None else when.day(talk.actor.zone) + DAY
    return when.start.astimezone(zone).date(), end


def _show(talk: Talk, draft: Draft, kind: str, found: list[RenewalView]) -> None:
    what = talk.voice.maybe(f"renewal.due.{kind}") or talk.voice.say("renewal.due.any")
    period = draft.words("period") or draft.words("when")
    said = period + what if talk.voice.lang == "zh" else joined(what, period, by=" ")
    if not found:
        talk.say("renewal.none_dormant" if kind == "dormant" else "renewal.none", what=said)
        return
    if len(found) == 1:
        talk.about("customer", found[0].customer_id, found[0].customer_name)
        talk.show(renewal_card(talk.voice, found[0], talk.actor))
        return
    title = talk.voice.say("card.dormant" if kind == "dormant" else "card.renewals", what=said, n=len(found))
    talk.show(renewal_list(talk.voice, title, found[:SHOWN], max(len(found) - SHOWN, 0)))


# What was shown ends


@skill("renewal_done", tier=Tier.OWN)
def renewal_done(talk: Talk, draft: Draft) -> Step:
    """The customer renewed."""
    view = _meant(talk, draft)
    return Act(Renewed(renewal_id=view.id)) if isinstance(view, RenewalView) else view


@skill("renewal_declined", tier=Tier.OWN)
def renewal_declined(talk: Talk, draft: Draft) -> Step:
    """The customer does not want it."""
    view = _meant(talk, draft)
    if not isinstance(view, RenewalView):
        return view
    return Act(DeclineRenewal(renewal_id=view.id, reason=draft.text("reason")))


def _meant(talk: Talk, draft: Draft) -> RenewalView | Need | None:
    """The open one that is meant: the only one of its kind, else a question with chips; None was answered."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who
    kind = draft.text("renewal")
    found: list[RenewalView] = talk.ask(Renewals(customer_id=who, kinds=(kind,) if kind else ()))
    found = [view for view in found if kind or view.kind not in (*BY_NAME, "maintenance")]
    picked = [view for view in found if view.id == draft.chosen.get("renewal_id")] or found
    if len(picked) == 1:
        talk.about("customer", picked[0].customer_id, picked[0].customer_name)
        return picked[0]
    if not picked:
        name = talk.memory.focus_name(talk.now) or draft.text("person")
        talk.say("renewal.none_of", name=name, what=talk.voice.maybe(f"renewal.kind.{kind}") or
                 talk.voice.say("renewal.anything"))  # fmt: skip
        return None
    chips = tuple(Button(f"{view.title} {talk.voice.day(view.due_on)}"[:40], "draft.pick",
                         {"t": draft.token, "slot": "renewal_id", "id": view.id}) for view in picked[:3])  # fmt: skip
    return Need("renewal_id", "which_renewal", {"name": picked[0].customer_name}, chips)


@verb("renewal.done")
def press_done(talk: Talk, params: dict[str, Any]) -> None:
    """It was renewed, serviced, inspected."""
    perform(talk, Renewed(renewal_id=params["renewal"]))


@after(Renewed)
def renewed(talk: Talk, command: Renewed, result: Result, draft: Draft | None) -> None:
    """Done, and when it is due again."""
    view: RenewalView = result.view
    talk.about("customer", view.customer_id, view.customer_name)
    undo = talk.take_back(result.undo_id)
    open_now: list[RenewalView] = talk.ask(Renewals(customer_id=view.customer_id, kinds=(view.kind,)))
    following = next((one for one in open_now if one.car_id == view.car_id and one.title == view.title), None)
    if view.kind in BY_NAME or following is None:
        talk.say("renewal.done", *undo, name=view.customer_name, what=view.title)
    else:
        talk.say("renewal.done_next", *undo, name=view.customer_name, what=view.title,
                 when=due_day(talk.voice, following))  # fmt: skip


@verb("renewal.decline")
def press_decline(talk: Talk, params: dict[str, Any]) -> None:
    """The customer does not want it."""
    perform(talk, DeclineRenewal(renewal_id=params["renewal"]))


@after(DeclineRenewal)
def declined(talk: Talk, command: DeclineRenewal, result: Result, draft: Draft | None) -> None:
    view: RenewalView = result.view
    talk.about("customer", view.customer_id, view.customer_name)
    talk.say("renewal.declined", *talk.take_back(result.undo_id), name=view.customer_name, what=view.title)


@verb("renewal.later")
def press_later(talk: Talk, params: dict[str, Any]) -> None:
    """Ask when to remind again."""
    view: RenewalView = talk.ask(RenewalCard(renewal_id=params["renewal"]))
    talk.show(later_card(talk.voice, view))


@verb("renewal.snooze")
def press_snooze(talk: Talk, params: dict[str, Any]) -> None:
    """Tomorrow, or so many days from now, at nine."""
    to = str(params["to"])
    until = later(talk, to) if to == "tomorrow" else _in_days(talk, int(to))
    perform(talk, SnoozeRenewal(renewal_id=params["renewal"], until=until))


def _in_days(talk: Talk, days: int) -> datetime:
    day = talk.voice.here.date() + timedelta(days=days)
    return datetime.combine(day, NINE, ZoneInfo(talk.actor.zone)).astimezone(UTC)


@after(SnoozeRenewal)
def snoozed(talk: Talk, command: SnoozeRenewal, result: Result, draft: Draft | None) -> None:
    if command.until is not None:
        talk.say("task.snoozed", *talk.take_back(result.undo_id), when=talk.voice.when(command.until))
