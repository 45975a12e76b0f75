"""A manager's week: the figures as lines, for every channel, and as a picture where one can be shown."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import structlog

from bot.cards.base import Easel, joined, pushed
from bot.cards.digests import in_his_language
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.chat.messages import KeepImage
from crm_core.insights.messages import SlowLine, StageLine, WeekReport, WeekView

PEOPLE = 5
SLOW = 3
# From, to: of so many of the first came so many of the second.
RATES = (("leads", "test_drives"), ("test_drives", "quotes"), ("leads", "won"))
WAN, MILLION = 10_000_00, 1_000_000_00


@pushed("digest_weekly")
def weekly(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """The week the date falls into, as it stands now."""
    return week(in_his_language(easel, params), date.fromisoformat(params["on"]), "digest_weekly")


def week(easel: Easel, on: date | None, kind: str = "week_report") -> Outbound:
    """The picture above its figures; without a picture the figures say everything."""
    view: WeekView = easel.ask(WeekReport(on=on))
    return Outbound(card=week_card(easel.voice, view, kind), image=_picture(easel, view))


def week_card(voice: Voice, view: WeekView, kind: str) -> Card:
    """Figures, conversion, funnel, who has what overdue, what stands still, why deals were lost."""
    fields = [*_figures(voice, view), Field(voice.say("digest.week_k.overdue"), _overdue(voice, view))]
    slow = view.slow[:SLOW]
    buttons = tuple(Button(line.name or line.interest, "open", {"subject": f"deal:{line.deal_id}"},
                           line=len(fields) + index) for index, line in enumerate(slow))  # fmt: skip
    fields += [Field(voice.say("digest.week_k.slow", days=line.days), _slow(line)) for line in slow]
    if view.lost:
        fields.append(Field(voice.say("digest.week_k.lost"), _lost(voice, view)))
    notes = (voice.say("digest.slow_more", n=view.slow_count) if view.slow_count > SLOW else "",
             voice.say("digest.elsewhere", n=view.elsewhere) if view.elsewhere else "")  # fmt: skip
    return Card(kind, _title(voice, view), tuple(fields), buttons, status=_span(voice, view),
                note=joined(*notes, by="\n") or None)  # fmt: skip


def _title(voice: Voice, view: WeekView) -> str:
    return voice.say("digest.weekly", unit=view.unit_name)


def _span(voice: Voice, view: WeekView) -> str:
    """`11.16–11.22`; `16/11 – 22/11`; one day alone on a Monday."""
    start, end = (
        (f"{d.month}.{d.day}" if voice.lang == "zh" else f"{d.day}/{d.month}") for d in (view.start, view.end)
    )
    return start if view.start == view.end else voice.say("digest.span", start=start, end=end)


def _figures(voice: Voice, view: WeekView) -> list[Field]:
    found = [Field(voice.say(f"digest.figure.{one.kind}"),
                   voice.say("digest.compared", n=one.count, before=one.before)) for one in view.figures]  # fmt: skip
    rates = joined(*(_rate(voice, view, of, what) for of, what in RATES))
    if rates:
        found.append(Field(voice.say("digest.week_k.conversion"), rates))
    funnel = _funnel(voice, view.funnel)
    return [*found, Field(voice.say("digest.week_k.funnel"), funnel)] if funnel else found


def _rate(voice: Voice, view: WeekView, of: str, what: str) -> str:
    base = view.count(of)
    return voice.say(f"digest.rates.{what}", rate=round(100 * view.count(what) / base)) if base else ""


def _funnel(voice: Voice, stages: tuple[StageLine, ...]) -> str:
    """The stages there is something in, in their order."""
    return joined(
        *(voice.say("digest.funnel_step", stage=s.name, n=s.count) for s in stages if s.count), by=" → "
    )


def _overdue(voice: Voice, view: WeekView) -> str:
    if not view.overdue:
        return voice.say("digest.overdue_none")
    named = [voice.say("digest.overdue_of", name=one.name, n=one.total) for one in view.overdue[:PEOPLE]]
    more = len(view.overdue) - PEOPLE
    return joined(*named, voice.say("digest.people_more", n=more) if more > 0 else "")


def _slow(line: SlowLine) -> str:
    return joined(line.name or line.interest, line.stage_name, line.owner_name)


def _lost(voice: Voice, view: WeekView) -> str:
    return joined(*(voice.say("digest.lost_of", reason=one.reason or voice.say("digest.lost_unsaid"), n=one.count)
                    for one in view.lost))  # fmt: skip


def _picture(easel: Easel, view: WeekView) -> dict[str, str] | None:
    """Drawn, kept sealed, and described. The figures arrive even when drawing fails."""
    if not any(stage.count for stage in view.funnel) and not view.overdue:
        return None
    try:
        content = _drawn(easel.voice, view)
    except Exception as error:
        structlog.get_logger().error("picture_failed", error=type(error).__name__, exc_info=error)
        return None
    # The same picture is kept once, however often its message is tried.
    key = f"picture:{hashlib.sha256(content).hexdigest()[:32]}"
    kept = easel.core.execute(KeepImage(mime="image/png", content=content), easel.actor, key=key)
    return {"url": f"/media/{kept.id}", "alt": _alt(easel.voice, view)}


def _alt(voice: Voice, view: WeekView) -> str:
    """What the picture shows, in words."""
    return voice.say("digest.week_alt", title=_title(voice, view), span=_span(voice, view),
                     funnel=_funnel(voice, view.funnel), overdue=_overdue(voice, view))  # fmt: skip


def _drawn(voice: Voice, view: WeekView) -> bytes:
    from bot.pictures.week import Bar, Load, Words, week_picture

    words = Words(
        title=_title(voice, view), subtitle=_span(voice, view), funnel=voice.say("digest.week_k.funnel"),
        overdue=voice.say("digest.week_k.overdue"), nothing=voice.say("digest.overdue_none"),
        first_calls=voice.say("digest.k.first_call"), followups=voice.say("agenda.followups"),
        tasks=voice.say("agenda.tasks"), more=lambda n: voice.say("digest.people_more", n=n),
    )  # fmt: skip
    bars = [
        Bar(stage.name, stage.count, _amount(voice, stage.amount_fen), stage.won) for stage in view.funnel
    ]
    loads = [Load(one.name, one.first_calls, one.followups, one.tasks) for one in view.overdue]
    return week_picture(words, bars, loads)


def _amount(voice: Voice, fen: int) -> str:
    """`288万元`, `¥2.9M`; nothing for nothing."""
    if not fen:
        return ""
    amount = fen / (WAN if voice.lang == "zh" else MILLION)
    return voice.say("digest.wan", n=f"{amount:.0f}" if amount >= 100 else f"{amount:.1f}".removesuffix(".0"))
