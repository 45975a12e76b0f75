"""`sop list` and `sop explain`: what the cadences do, when, to whom, and why then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.commands.opening import has_database, open_core
from bot.commands.talking import read_now
from bot.texts import Texts
from crm_core.api import Core
from crm_core.followups.messages import (
    CadenceLine,
    CadencePlan,
    Cadences,
    ExplainCadence,
    RecordNamed,
    StepPlan,
)
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Invalid
from crm_core.kernel.settings import Settings


class _Words:
    """The texts of `sop.` in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = Texts.load()

    def say(self, key: str, **values: object) -> str:
        return self._texts.say(f"sop.{key}", self.language, **values)

    def listed(self, parts: Iterable[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(parts)

    def event(self, name: str) -> str:
        return self._texts.try_say(f"sop.event.{name}", self.language, {}) or name

    def span(self, written: str) -> str:
        """`45m` in words."""
        return self.say(f"span.{written[-1]}", n=int(written[:-1]))


def list_cadences(as_: str, language: str, as_json: bool) -> int:
    """One line a cadence: its name, what starts it, how many steps it has, and its file."""
    core, actor, words = _opened("", as_, language)
    try:
        lines: list[CadenceLine] = core.ask(Cadences(unit=actor.unit), actor)
    finally:
        core.close()
    for line in lines:
        if as_json:
            print(line.model_dump_json())
            continue
        begins = words.listed(map(words.event, line.trigger))
        print(f"{line.name:<16} {line.title} · {words.say('begins', events=begins)} · "
              f"{words.say('steps', n=line.steps)} · {line.source}")  # fmt: skip
    return 0


def explain(name: str, for_: str, now: str, as_: str, language: str, as_json: bool) -> int:
    """Each step with its time, its people and the reasons."""
    core, actor, words = _opened(now, as_, language)
    try:
        subject: str = core.ask(RecordNamed(words=for_), actor)
        plan: CadencePlan = core.ask(ExplainCadence(sop=name, subject=subject), actor)
    finally:
        core.close()
    if as_json:
        print(plan.model_dump_json(indent=2))
        return 0
    for line in _told(plan, for_, words):
        print(line)
    return 0


def _opened(now: str, as_: str, language: str) -> tuple[Core, Actor, _Words]:
    """The deployment, and who asks: a person, else the deployment itself. The demo where there is nothing yet."""
    if language not in ("", "zh", "en"):
        raise Invalid("--lang", "error.unknown_language", value=language)
    core = open_core(now=read_now(now), demo=not has_database(Settings()))
    tenants = core.tenants()
    if not as_ and not tenants:
        core.close()
        raise Invalid("tenant", "error.no_unit_yet")
    actor = core.actor(as_) if as_ else core.system(tenants[0])
    chosen = language or actor.language
    return core, _speaking(actor, chosen), _Words(chosen)


def _speaking(actor: Actor, language: str) -> Actor:
    return replace(actor, language=language)


def _told(plan: CadencePlan, for_: str, words: _Words) -> Iterator[str]:
    zone = ZoneInfo(plan.zone)
    yield " · ".join(dict.fromkeys(filter(None, (f"{plan.title} ({plan.sop})", plan.customer_name, for_))))
    yield words.say(f"state.{plan.state}", since=_clock(plan.started_at, zone, words))
    yield words.say("begins", events=words.listed(map(words.event, plan.trigger)))
    if plan.stops:
        yield words.say("ends", events=words.listed(map(words.event, plan.stops)))
    yield f"{plan.source} · {words.say('zone', zone=plan.zone)}"
    for number, step in enumerate(plan.steps, start=1):
        yield ""
        yield from _step(number, step, zone, words)


def _step(number: int, step: StepPlan, zone: ZoneInfo, words: _Words) -> Iterator[str]:
    who = words.listed(step.people) or words.say("nobody")
    mark = words.say("muted") if step.muted else words.say("past") if step.past else ""
    yield f"{number}. {_clock(step.at, zone, words)}  {words.say(f'do.{step.do}', who=who)} {mark}".rstrip()
    yield f"   {step.text}"
    why = "; ".join(_reason(key, values, words) for key, values in step.why)
    yield f"   {words.say('because', why=why, source=step.source)}"


def _reason(key: str, values: dict[str, str], words: _Words) -> str:
    shown = {name: words.span(value) if name == "span" else value for name, value in values.items()}
    return words.say(f"why.{key}", **shown)


def _clock(at: datetime, zone: ZoneInfo, words: _Words) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d} {words.say(f'day.{local.weekday() + 1}')} {local:%H:%M}"
