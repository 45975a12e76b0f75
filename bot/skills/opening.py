"""When the dealer is open and where it is: 几点下班, 周日开门吗, 地址在哪; when do you close, where are you."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from bot.cards.base import lines
from bot.conversation.gate import Step, skill
from bot.conversation.pending import Draft
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.ports import Card, Field
from bot.texts import Voice
from crm_core.org.messages import HoursView, OpeningHours


@skill("ask_opening")
def ask_opening(talk: Talk, draft: Draft) -> Step:
    """The hours of the day that is asked about (today's when none is), the address and the phone number."""
    when = read_when(draft.value("when"), talk.actor.zone)
    # A time of day is asked about on its day; a span of several days by its first.
    on = when.start and when.day(talk.actor.zone) if when is not None else None
    view: HoursView = talk.ask(OpeningHours(on=on))
    if view.on < view.today:
        view = talk.ask(OpeningHours())
    talk.show(opening_card(talk.voice, view))
    return None


def opening_card(voice: Voice, view: HoursView) -> Card:
    """One line that answers, and the facts."""
    unit = view.unit
    name, address = (unit.name, unit.address) if voice.lang == "zh" else (
        unit.name_en or unit.name, unit.address_en or unit.address)  # fmt: skip
    later = Field(voice.day(view.next_on), _span(voice, view.next_shifts)) if view.next_on else None
    return Card(
        "opening", _answer(voice, view),
        lines(voice, ("dealer", name), Field(voice.day(view.on), _span(voice, view.shifts)), later,
              ("address", address), ("phone", unit.phone)),
        note=voice.say("opening.holiday") if view.holiday else None,
    )  # fmt: skip


def _answer(voice: Voice, view: HoursView) -> str:
    """Until when today, from when on another day, or when again."""
    if view.shifts and view.on != view.today:
        return voice.say("opening.on", day=voice.day(view.on), span=_span(voice, view.shifts))
    if view.open_now and view.shifts:
        return voice.say("opening.until", at=voice.clock(view.shifts[-1][1]))
    still = next((start for start, _ in view.shifts if start > _clock(voice, view)), None)
    if still is not None:
        return voice.say("opening.from", at=voice.clock(still))
    if view.next_on is None:
        return voice.say("opening.closed", day=voice.day(view.on))
    key = "opening.over" if view.shifts else "opening.closed_until"
    return voice.say(key, day=voice.day(view.on), next=voice.day(view.next_on), at=voice.clock(view.next_shifts[0][0]))


def _clock(voice: Voice, view: HoursView) -> time:
    """The dealer's clock."""
    return voice.now.astimezone(ZoneInfo(view.unit.zone)).time()


def _span(voice: Voice, shifts: tuple[tuple[time, time], ...]) -> str:
    """`09:00–12:00、13:00–18:00`; closed when there is none."""
    spans = [f"{voice.clock(start)}–{voice.clock(end)}" for start, end in shifts]
    return voice.say("opening.joint").join(spans) if spans else voice.say("opening.none")
