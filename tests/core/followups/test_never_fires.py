"""Whatever is done in whatever order: what is over never fires, what is open always has its timers."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crm_core.appointments.messages import Book
from crm_core.appointments.tables import Appointment
from crm_core.approvals.tables import Approval
from crm_core.customers.messages import LogContact, MarkDecisionMaker
from crm_core.deals.messages import MarkLost, ScanDwell, SetLevel, SetStage, TransferDeals
from crm_core.deals.tables import Deal
from crm_core.followups.messages import CompleteFollowup, MuteFollowup, SnoozeFollowup
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.registry import Command
from crm_core.kernel.tables import Timer
from crm_core.leads.messages import AssignLead, MarkContacted, TakeLead
from crm_core.quotes.messages import CreateQuote, RequestDiscount
from crm_core.tasks.tables import Task
from crm_core.undo.messages import UndoLast
from tests.core.followups.test_audits import healed
from tests.core.quotes.test_never_unapproved import _open

WAITING: dict[str, tuple[Any, str]] = {
    "followup": (Followup, "open"), "approval": (Approval, "pending"), "appointment": (Appointment, "booked"),
    "task": (Task, "open"),
}  # fmt: skip
PEOPLE = st.sampled_from(["rep1", "rep2", "manager1"])


class Cadences(RuleBasedStateMachine):
    """A lead, and everything that starts, moves and ends what follows it."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = _open()
        self.house = next(self._opened)

    @initialize()
    def arrives(self) -> None:
        self.lead = self.house.lead()
        self.house.pushed()

    def _try(self, who: str, command: Command) -> None:
        with suppress(ChexinError):
            self.house.do(who, command)

    def _followups(self) -> list[Followup]:
        return self.house.rows(Followup)

    @rule(minutes=st.sampled_from([20, 50, 100, 300]))
    def time_passes(self, minutes: int) -> None:
        over = {f"followup:{f.id}" for f in self._followups() if f.state != "open"}
        self.house.pushed()
        for push in self.house.fire(minutes=minutes):
            assert push.subject not in over

    @rule(who=PEOPLE, which=st.integers(0, 4))
    def complete(self, who: str, which: int) -> None:
        for followup in self._followups()[which : which + 1]:
            self._try(who, CompleteFollowup(followup_id=followup.id, answer="好"))

    @rule(who=PEOPLE, which=st.integers(0, 4))
    def snooze(self, who: str, which: int) -> None:
        for followup in self._followups()[which : which + 1]:
            until = self.house.clock.now() + timedelta(minutes=90)
            self._try(who, SnoozeFollowup(followup_id=followup.id, until=until))

    @rule(to=st.sampled_from(["rep1", "rep2"]))
    def assign(self, to: str) -> None:
        self._try("manager1", AssignLead(lead_id=self.lead.id, to_id=self.house.id(to)))

    @rule(to=st.sampled_from(["rep1", "rep2"]))
    def hand_over(self, to: str) -> None:
        self._try("manager1", TransferDeals(customer_id=self.lead.customer_id, to_id=self.house.id(to)))

    @rule(who=PEOPLE)
    def take(self, who: str) -> None:
        self._try(who, TakeLead(lead_id=self.lead.id))

    @rule(who=PEOPLE, which=st.sampled_from(["contacted", "logged", "lost"]))
    def ends(self, who: str, which: str) -> None:
        self._try(who, {
            "contacted": MarkContacted(lead_id=self.lead.id, outcome="later"),
            "logged": LogContact(customer_id=self.lead.customer_id, text="聊过"),
            "lost": MarkLost(deal_id=self.lead.deal_id or ""),
        }[which])  # fmt: skip

    @rule(who=PEOPLE, which=st.integers(0, 6))
    def mute(self, who: str, which: int) -> None:
        for followup in self._followups()[which : which + 1]:
            self._try(who, MuteFollowup(followup_id=followup.id))

    @rule(who=PEOPLE, level=st.sampled_from(["H", "A", ""]))
    def weigh(self, who: str, level: str) -> None:
        self._try(who, SetLevel(deal_id=self.lead.deal_id or "", level=level))

    @rule(who=PEOPLE, stage=st.sampled_from(["new", "needs", "delivery"]))
    def move_on(self, who: str, stage: str) -> None:
        self._try(who, SetStage(deal_id=self.lead.deal_id or "", stage=stage))

    @rule(who=PEOPLE, decides=st.booleans())
    def mark(self, who: str, decides: bool) -> None:
        self._try(who, MarkDecisionMaker(customer_id=self.lead.customer_id, decides=decides))

    @rule(who=PEOPLE, hours=st.sampled_from([1, 30]))
    def book(self, who: str, hours: int) -> None:
        start = self.house.clock.now() + timedelta(hours=hours)
        self._try(who, Book(kind="test_drive", customer_id=self.lead.customer_id, start=start))

    @rule(who=PEOPLE)
    def ask_discount(self, who: str) -> None:
        deal = self.lead.deal_id or ""
        self._try(who, CreateQuote(deal_id=deal, price_fen=23_990_000))
        self._try(who, RequestDiscount(deal_id=deal, amount_fen=800_000))

    @rule()
    def scan(self) -> None:
        self.house.clock.advance(days=4)
        self.house.job(ScanDwell())

    @rule(who=PEOPLE)
    def undo(self, who: str) -> None:
        self._try(who, UndoLast())

    @invariant()
    def only_what_is_open_waits(self) -> None:
        """No timer points to a record that is over, of whatever concept."""
        open_now = {
            f"{concept}:{row.id}"
            for concept, (table, state) in WAITING.items()
            for row in self.house.rows(table, table.state == state)
        }
        concepts = tuple(f"{concept}:" for concept in WAITING)
        pending = {t.subject for t in self.house.rows(Timer, Timer.state == 0)}
        assert {subject for subject in pending if subject.startswith(concepts)} <= open_now

    @invariant()
    def nothing_open_lacks_its_timer(self) -> None:
        assert healed(self.house) == []

    @invariant()
    def nothing_follows_what_is_lost(self) -> None:
        lost = {deal.id for deal in self.house.rows(Deal, Deal.state == "lost")}
        assert {f.deal_id for f in self._followups() if f.state == "open" and f.deal_id}.isdisjoint(lost)

    @invariant()
    def one_first_call_at_a_time(self) -> None:
        assert len([f for f in self._followups() if f.sop == "first_call" and f.state == "open"]) <= 1

    @invariant()
    def no_timer_died(self) -> None:
        assert self.house.rows(Timer, Timer.state == 3) == []

    def teardown(self) -> None:
        self._opened.close()  # type: ignore[attr-defined]


TestCadences = Cadences.TestCase
TestCadences.settings = settings(
    max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
)
