"""Figures, plans and summaries on demand, and how one gets them regularly."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.base import Easel
from bot.cards.deals import funnel_card
from bot.cards.digests import plan_card, rest_card, summary_card
from bot.cards.draw import draw
from bot.cards.weekly import week
from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.presses import verb
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.deals.messages import Funnel
from crm_core.insights.messages import DayPlan, DaySummary, DigestView, PlanView, SetDigest, SummaryView
from crm_core.insights.rules import DIGESTS
from crm_core.kernel.registry import Result

NOON = 12
DATE = len("2026-11-22")


@skill("report")
def report(talk: Talk, draft: Draft) -> Step:
    """Deals by stage, of a period and a colleague when named."""
    period = read_when(draft.value("period"), talk.actor.zone)
    owner = None
    if draft.text("person"):
        person = colleague(talk, draft, "person")
        if isinstance(person, Need):
            return person
        owner = person.id
    rows: list[tuple[str, int, int]] = talk.ask(
        Funnel(since=period.start if period else None, until=period.end if period else None, owner_id=owner)
    )
    if not any(count for _, count, _ in rows):
        talk.say("report.none")
        return None
    said = draft.words("period") or talk.voice.say("report.open")
    talk.show(funnel_card(talk.voice, talk.voice.say("card.report", period=said), rows))
    return None


@skill("day_plan")
def day_plan(talk: Talk, draft: Draft) -> Step:
    """The plan of a day, today's when none is named."""
    view: PlanView = talk.ask(DayPlan(on=_day(talk, draft)))
    talk.show(plan_card(talk.voice, view))
    return None


@skill("day_summary")
def day_summary(talk: Talk, draft: Draft) -> Step:
    """A day looked back on, today's when none is named."""
    view: SummaryView = talk.ask(DaySummary(on=_day(talk, draft)))
    talk.show(summary_card(talk.voice, view))
    return None


@skill("weekly_report")
def weekly_report(talk: Talk, draft: Draft) -> Step:
    """A week with its picture; early in a week the one that is over, when none is named."""
    easel = Easel(talk.core, talk.actor, talk.voice)
    talk.replies.append(week(easel, _day(talk, draft)))
    return None


def _day(talk: Talk, draft: Draft) -> date | None:
    when = read_when(draft.value("when") or draft.value("period"), talk.actor.zone)
    return when.day(talk.actor.zone) if when is not None and when.start is not None else None


@verb("digest.rest")
def press_rest(talk: Talk, params: dict[str, Any]) -> None:
    """The lines that did not fit."""
    view: PlanView = talk.ask(DayPlan(on=date.fromisoformat(params["on"])))
    talk.show(rest_card(talk.voice, view, int(params["from"])))


@verb("open")
def press_open(talk: Talk, params: dict[str, Any]) -> None:
    """Show the record a line is about (`lead:ID`), as it is now."""
    subject = str(params["subject"])
    found = draw(subject.partition(":")[0], subject, {}, talk.core, talk.actor, talk.voice.texts)
    talk.replies.append(found)


@skill("set_digest", tier=Tier.OWN)
def set_digest(talk: Talk, draft: Draft) -> Step:
    """A digest on or off, at another time, on another weekday, in another language."""
    digest, choice = draft.text("digest") or draft.chosen.get("digest", ""), draft.text("choice")
    if not digest:
        return Need("digest", "digest", {}, tuple(_chip(talk, draft, one) for one in DIGESTS))
    if len(draft.text("topic")) == DATE:
        talk.say("digest.one_day", what=talk.voice.say(f"digest.kind.{digest}"))
        return None
    at = _local(talk, draft)
    return Act(SetDigest.model_validate({
        "digest": digest, "enabled": {"on": True, "off": False}.get(choice, True if at else None),
        "send_at": _clock(digest, at.time()) if at else None,
        "weekday": at.weekday() if at and digest == "weekly" and at.date() != talk.voice.here.date() else None,
        "language": choice if choice in ("zh", "en") else None,
    }))  # fmt: skip


def _chip(talk: Talk, draft: Draft, digest: str) -> Button:
    label = talk.voice.say(f"digest.kind.{digest}")
    return Button(label, "draft.pick", {"t": draft.token, "slot": "digest", "id": digest})


def _local(talk: Talk, draft: Draft) -> datetime | None:
    """The clock time said, on the speaker's wall; None when only a day or part of it was said."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None or when.start is None or when.vague:
        return None
    return when.start.astimezone(ZoneInfo(talk.actor.zone))


def _clock(digest: str, said: time) -> str:
    """8点 is the morning's for the plan and the evening's for the summary, whatever was nearer when it was said."""
    hour = said.hour
    if digest == "morning" and hour >= NOON:
        hour -= NOON
    elif digest == "evening" and hour < NOON:
        hour += NOON
    return f"{hour:02d}:{said.minute:02d}"


@after(SetDigest)
def digest_set(talk: Talk, command: SetDigest, result: Result, draft: Draft | None) -> None:
    """Whether, when and in which language it comes from now on."""
    view: DigestView = result.view
    voice = talk.voice
    what = voice.say(f"digest.kind.{view.digest}")
    buttons = talk.take_back(result.undo_id)
    if not view.enabled:
        talk.say("digest.switched_off", *buttons, what=what)
        return
    said = voice.say("digest.switched_on", what=what, when=_when(talk, view))
    if command.language is not None:
        said += voice.say("digest.in_language", language=voice.say(f"digest.languages.{view.language}"))
    talk.tell(said, *buttons)


def _when(talk: Talk, view: DigestView) -> str:
    at = talk.voice.clock(time.fromisoformat(view.send_at))
    if view.weekday is None:
        return talk.voice.say("digest.daily", at=at)
    return talk.voice.say("digest.each_week", day=talk.voice.weekday(view.weekday), at=at)
