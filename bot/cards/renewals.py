"""Cards about what comes due: insurance, inspection, service, contracts, anniversaries, and who was not here for long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.kernel.access import Actor
from crm_core.renewals.messages import RenewalCard, RenewalsById, RenewalView

# How what was done is called on its button.
DONE = {"maintenance": "serviced", "inspection": "inspected", "anniversary": "done", "dormant": "contacted"}
SHOWN = 10
# Brand and series: a phone shows no more of a car in one line.
CAR_WORDS = 2
TONES = {"renewed": "good", "declined": "bad"}


@pushed("renewal", subject="renewal")
def renewal(easel: Easel, renewal_id: str, params: dict[str, Any]) -> Outbound:
    """What comes due, as it stands."""
    view: RenewalView = easel.ask(RenewalCard(renewal_id=renewal_id))
    return out(renewal_card(easel.voice, view, easel.actor))


@pushed("renewals")
def renewals(easel: Easel, _: str, params: dict[str, Any]) -> Outbound:
    """What is to be reminded of on one morning: those the viewer may still see, as they stand."""
    views: list[RenewalView] = easel.ask(RenewalsById(ids=tuple(params["ids"])))
    if len(views) == 1:
        return out(renewal_card(easel.voice, views[0], easel.actor))
    said = easel.voice.say("card.renewals_today", n=len(views))
    return out(renewal_list(easel.voice, said, views[:SHOWN], max(len(views) - SHOWN, 0)))


def renewal_card(voice: Voice, view: RenewalView, actor: Actor) -> Card:
    """One thing that comes due; staff have the buttons while it is open."""
    open_now = view.state == "open"
    return Card(
        kind="renewal",
        title=title(voice, view, own=not actor.is_staff),
        fields=lines(
            voice,
            ("car", view.car_name),
            _when(voice, view, open_now),
            ("mileage", voice.say("renewal.about_km", km=f"{view.mileage_km:,}") if view.mileage_km else ""),
            ("last_on", voice.when(view.last_on)),
            ("rhythm", voice.say("renewal.rhythm", n=view.rhythm_days) if view.rhythm_days else ""),
            ("text", view.text),
            ("owner", view.owner_name if view.owner_id != actor.id and actor.is_staff else ""),
        ),
        buttons=_buttons(voice, view) if open_now and actor.is_staff else (),
        status=None if open_now else voice.label("renewal_state", view.state),
        tone=TONES.get(view.state),
        note=_note(voice, view),
        subject=f"renewal:{view.id}",
    )


def _when(voice: Voice, view: RenewalView, open_now: bool) -> tuple[str, str]:
    """The line that says when; of somebody who stayed away it is the last time that counts."""
    if view.kind == "dormant":
        return "due_on", ""
    said = joined(due_day(voice, view), days_left(voice, view)) if open_now else voice.day(view.due_on)
    return "when" if view.kind == "anniversary" else "due_on", said


def title(voice: Voice, view: RenewalView, *, own: bool = False) -> str:
    """`张伟的保险还有6天到期`; to the customer himself without his name."""
    plain = {"name": view.customer_name, "what": view.title}
    if own:
        return voice.say("renewal.title.own", what=view.title, when=due_day(voice, view))
    if view.state != "open":
        return voice.say("renewal.title.ended", **plain)
    soon = f"{view.kind}_soon" if view.days > 0 else view.kind
    special = voice.maybe(f"renewal.title.{soon}", **plain) or voice.maybe(
        f"renewal.title.{view.kind}", **plain
    )
    key = "due" if view.days > 0 else "today" if view.days == 0 else "overdue"
    return special or voice.say(f"renewal.title.{key}", n=abs(view.days), **plain)


def due_day(voice: Voice, view: RenewalView) -> str:
    """The day, said to be about then when it was worked out."""
    day = voice.day(view.due_on)
    return voice.say("renewal.about", day=day) if view.estimated and view.kind != "anniversary" else day


def days_left(voice: Voice, view: RenewalView) -> str:
    if abs(view.days) <= 1:
        return ""
    return voice.say("renewal.days_left" if view.days > 0 else "renewal.days_over", n=abs(view.days))


def _note(voice: Voice, view: RenewalView) -> str | None:
    if view.test_line is None or view.state != "open":
        return None
    return voice.say("renewal.test_line" if view.test_line else "renewal.label_only")


def _buttons(voice: Voice, view: RenewalView) -> tuple[Button, ...]:
    return (
        button(voice, DONE.get(view.kind, "renewed"), "renewal.done", PRIMARY, renewal=view.id),
        button(voice, "remind_again", "renewal.later", renewal=view.id),
        button(
            voice, "not_renewing" if view.kind not in DONE else "mute", "renewal.decline", renewal=view.id
        ),
    )


def later_card(voice: Voice, view: RenewalView) -> Card:
    """When to remind again: a press or a sentence."""
    buttons = tuple(
        button(voice, key, "renewal.snooze", renewal=view.id, to=to)
        for key, to in (("tomorrow", "tomorrow"), ("in_three_days", "3"), ("in_a_week", "7"))
    )
    return Card("text", voice.say("renewal.when_again"), buttons=buttons)


def renewal_list(voice: Voice, said: str, views: Sequence[RenewalView], more: int = 0) -> Card:
    """Several, one line each; a line opens its card where the channel can do that."""
    alike = len({view.kind for view in views}) == 1
    fields = tuple(list_line(voice, view, alike=alike) for view in views)
    often = Counter(view.customer_name for view in views)
    buttons = tuple(
        Button(voice.say("button.open", name=f"{view.customer_name} {view.title}" if often[view.customer_name] > 1
                         else view.customer_name), "open", {"subject": f"renewal:{view.id}"}, line=i)
        for i, view in enumerate(views)
    )  # fmt: skip
    note = voice.say("renewal.more", n=more) if more else None
    return Card("renewals", said, fields, buttons, note=note)


def list_line(voice: Voice, view: RenewalView, *, alike: bool = False) -> Field:
    """`张伟 | 保险 · 蔚来 ES6 · 11月28日(周六) · 还有6天`; where all are `alike` without what it is."""
    if view.kind == "dormant":
        last = voice.say("renewal.last_seen", day=voice.when(view.last_on)) if view.last_on else ""
        usual = voice.say("renewal.rhythm", n=view.rhythm_days) if view.rhythm_days else ""
        return Field(view.customer_name, joined(last, usual))
    car = " ".join(view.car_name.split()[:CAR_WORDS])
    said = joined("" if alike else view.title, car, due_day(voice, view), days_left(voice, view))
    return Field(view.customer_name, said, emph=view.days < 0)


def due_lines(voice: Voice, views: Sequence[RenewalView]) -> tuple[tuple[str, str], ...]:
    """What is due soon with a customer, as one line of his card."""
    said = [joined(view.title, due_day(voice, view), by=" ") for view in views if view.kind != "dormant"]
    return (("coming_due", "；".join(said) if voice.lang == "zh" else "; ".join(said)),) if said else ()
