"""Looks each minute whether everything that should happen does, and tells people when it does not.

One worker at a time audits for all; when it falls silent, another takes over and finds that out as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from crm_core.api import Core
from crm_core.delivery.messages import HealTimers, MoveStuck, TellTroubles, Troubles, TroubleView
from crm_core.kernel.faults import where
from crm_core.kernel.registry import auditors

OVERDUE = timedelta(minutes=5)
LEASE = timedelta(seconds=100)
AUDITOR = "auditor"
# Below this part of the time that really passed, a clock is said to stand still.
SLOW = 0.5
MEASURED_SECONDS = 20.0


@dataclass(frozen=True)
class Findings:
    """What was found: counts of rows that should have been done long ago, and the troubles in words' keys."""

    timers: int = 0
    messages: int = 0
    arrivals: int = 0
    dead: int = 0
    troubles: tuple[TroubleView, ...] = ()

    @property
    def well(self) -> bool:
        return not (self.timers or self.messages or self.arrivals or self.troubles)


class Auditor:
    """One process's look at the whole deployment."""

    def __init__(
        self, core: Core, name: str, beat: Callable[[], object], steady: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        """`beat` is called after each look that found nothing; `steady` is a clock nobody can set."""
        self._core = core
        self._name = name
        self._beat = beat
        self._steady = steady
        self._before = (steady(), core.now())
        self.last_look = steady()

    def silence(self) -> float:
        """Seconds since the last look began."""
        return self._steady() - self.last_look

    def look(self) -> Findings:
        """Find, mend what can be mended, tell, and (when all is well) give the sign of life."""
        core, now = self._core, self._core.now()
        # One that fails is made up for in its time, not at once and again and again.
        self.last_look = self._steady()
        own = self._clock()
        leads = core.leases.take(AUDITOR, self._name, now, LEASE) is not None
        found: list[TroubleView] = []
        for tenant in core.tenants():
            found += self._tenant(tenant, own, leads=leads)
        findings = Findings(**core.overdue(now - OVERDUE), troubles=_once(own + found))
        if findings.well:
            self._beat()
        else:
            structlog.get_logger().error(
                "overdue", timers=findings.timers, messages=findings.messages, arrivals=findings.arrivals,
                dead=findings.dead, troubles=[f"{t.kind} {t.what}".strip() for t in findings.troubles],
            )  # fmt: skip
        return findings

    def _tenant(self, tenant: str, own: list[TroubleView], *, leads: bool) -> list[TroubleView]:
        system = self._core.system(tenant)
        if leads:
            # First, so that nobody is told of what finds its way now.
            self._core.execute(MoveStuck(), system)
        found: list[TroubleView] = list(self._core.ask(Troubles(), system))
        if not leads:
            return found
        healed = self._heal(tenant)
        if healed:
            found.append(TroubleView(kind="healed", count=len(healed), since=self._core.now(), what=healed[0]))
        self._core.execute(TellTroubles(troubles=tuple(_once([*own, *found]))), system)
        return found

    def _heal(self, tenant: str) -> list[str]:
        """The subjects whose timer was missing and was made again; one concept's failure keeps no other from it."""
        subjects: list[str] = []
        for concept in sorted(auditors):
            try:
                done = self._core.execute(HealTimers(concept=concept), self._core.system(tenant))
                subjects += done.view.subjects
            except Exception as error:
                structlog.get_logger().error("heal_failed", concept=concept, error=type(error).__name__,
                                             where=where(error))  # fmt: skip
        if subjects:
            structlog.get_logger().error("timers_missing", tenant=tenant, subjects=subjects[:20], count=len(subjects))
        return subjects

    def _clock(self) -> list[TroubleView]:
        """Whether the clock went on since the last look as the steady one did; one that jumped ahead is no trouble."""
        steady, now = self._steady(), self._core.now()
        passed, told = steady - self._before[0], (now - self._before[1]).total_seconds()
        if passed < MEASURED_SECONDS:
            return []
        self._before = (steady, now)
        return [TroubleView(kind="clock", since=now)] if told < passed * SLOW else []


def _once(troubles: list[TroubleView]) -> tuple[TroubleView, ...]:
    """Troubles of the whole deployment are found in each tenant."""
    return tuple({(t.kind, t.what): t for t in troubles}.values())
