"""Whatever is pressed in whatever order: more than the limit is never given without somebody's grant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pydantic import SecretStr

from crm_core.api import Core
from crm_core.approvals.messages import DecideApproval, WithdrawApproval
from crm_core.approvals.tables import Approval
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.registry import Command
from crm_core.kernel.settings import Settings
from crm_core.quotes.messages import ApplyDiscount, CreateQuote, RequestDiscount, SetDiscount
from crm_core.quotes.tables import Quote
from crm_core.undo.messages import UndoLast
from tests.conftest import NOW, TEST_KEY
from tests.core.deals.house import House

REP_LIMIT = 500_000
AMOUNTS = st.sampled_from([100_000, 400_000, 500_000, 500_100, 800_000, 1_500_000, 2_500_000])
PEOPLE = st.sampled_from(["rep1", "rep2", "manager1", "region1"])


def _open() -> Iterator[House]:
    with TemporaryDirectory() as folder:
        core = Core.open(
            Settings(_env_file=None, data_dir=Path(folder), secret_key=SecretStr(TEST_KEY)), FixedClock(NOW)
        )
        yield House(core, core.clock).build()  # type: ignore[arg-type]
        core.close()


class Discounts(RuleBasedStateMachine):
    """A deal of 239,900 and everybody who might touch its price."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = _open()
        self.house = next(self._opened)

    @initialize()
    def quote(self) -> None:
        self.deal = self.house.deal("rep1")
        self._try("rep1", CreateQuote(deal_id=self.deal, price_fen=23_990_000))

    def _try(self, who: str, command: Command) -> None:
        with suppress(ChexinError):
            self.house.do(who, command)

    def _approvals(self) -> list[Approval]:
        return self.house.rows(Approval)

    # Managers give within limits of their own, so only reps are the subject here.
    @rule(who=st.sampled_from(["rep1", "rep2"]), amount=AMOUNTS)
    def request(self, who: str, amount: int) -> None:
        self._try(who, RequestDiscount(deal_id=self.deal, amount_fen=amount))

    @rule(
        who=PEOPLE,
        which=st.integers(0, 5),
        decision=st.sampled_from(["approve", "reject", "counter"]),
        amount=AMOUNTS,
    )
    def decide(self, who: str, which: int, decision: str, amount: int) -> None:
        for approval in self._approvals()[which : which + 1]:
            offer = amount if decision == "counter" else None
            self._try(who, DecideApproval(approval_id=approval.id, decision=decision, amount_fen=offer))  # type: ignore[arg-type]

    @rule(who=PEOPLE, which=st.integers(0, 5))
    def apply(self, who: str, which: int) -> None:
        for approval in self._approvals()[which : which + 1]:
            self._try(who, ApplyDiscount(approval_id=approval.id))

    @rule(who=PEOPLE, which=st.integers(0, 5))
    def withdraw(self, who: str, which: int) -> None:
        for approval in self._approvals()[which : which + 1]:
            self._try(who, WithdrawApproval(approval_id=approval.id))

    @rule(amount=AMOUNTS, behind=st.integers(0, 1))
    def put(self, amount: int, behind: int) -> None:
        for quote in self.house.rows(Quote, Quote.state == "valid"):
            version = quote.version - behind
            self._try("rep1", SetDiscount(quote_id=quote.id, discount_fen=amount, version=version))

    @rule()
    def undo(self) -> None:
        self._try("rep1", UndoLast())

    @rule()
    def quote_anew(self) -> None:
        self._try("rep1", CreateQuote(deal_id=self.deal, price_fen=22_000_000))

    @invariant()
    def nothing_unapproved(self) -> None:
        approvals = self._approvals()
        for quote in self.house.rows(Quote):
            granted = [a.granted_fen or 0 for a in approvals if a.record_id == quote.id]
            assert quote.discount_fen <= max([REP_LIMIT, *granted])

    @invariant()
    def one_open_request(self) -> None:
        assert len([a for a in self._approvals() if a.state == "pending"]) <= 1

    def teardown(self) -> None:
        self._opened.close()  # type: ignore[attr-defined]


TestDiscounts = Discounts.TestCase
TestDiscounts.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
