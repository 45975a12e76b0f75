"""Whatever is done in whatever order: what is over never fires, what is open always has its timers."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crm_core.customers.messages import LogContact
from crm_core.deals.messages import MarkLost, TransferDeals
from crm_core.followups.messages import CompleteFollowup, SnoozeFollowup
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.registry import Command
from crm_core.kernel.tables import Timer
from crm_core.leads.messages import AssignLead, MarkContacted, TakeLead
from crm_core.undo.messages import UndoLast
from tests.core.quotes.test_never_unapproved import _open

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

    @rule(who=PEOPLE)
    def undo(self, who: str) -> None:
        self._try(who, UndoLast())

    @invariant()
    def only_what_is_open_waits(self) -> None:
        waiting = {
            t.subject for t in self.house.rows(Timer, Timer.state == 0) if t.subject.startswith("followup:")
        }
        assert waiting <= {f"followup:{f.id}" for f in self._followups() if f.state == "open"}

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
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
