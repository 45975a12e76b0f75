"""Deals (商机): stage, level and expected close along a pipeline. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime

from crm_core.kernel.registry import Command, Event, Question, View


class OpenDeal(Command):
    """Start a deal for a lead's customer and interest."""

    customer_id: str
    lead_id: str | None = None
    interest: str = ""
    level: str = ""
    unit: str = ""
    owner_id: str | None = None


class SetStage(Command):
    """Move a deal to another stage of its pipeline."""

    deal_id: str
    stage: str
    version: int | None = None


class SetLevel(Command):
    """Intent level H, A, B or C."""

    deal_id: str
    level: str
    version: int | None = None


class SetExpectedClose(Command):
    """When, and for how much (fen), the customer is expected to sign."""

    deal_id: str
    on: date
    amount_fen: int | None = None
    version: int | None = None


class MarkLost(Command):
    """战败: the deal is lost; its lead and timers end with it."""

    deal_id: str
    reason: str = ""


class ReopenDeal(Command):
    """Put a lost deal back to open in its stage; the inverse of MarkLost."""

    deal_id: str
    version: int


class MarkWon(Command):
    """The customer bought, in a pipeline whose stages do not say so by themselves."""

    deal_id: str
    version: int | None = None


class TransferDeals(Command):
    """Give a customer with all that is open to a colleague."""

    customer_id: str
    to_id: str
    reason: str = ""


class ReturnCustomer(Command):
    """Give a customer back to whom he was with; the inverse of TransferDeals, for whoever gave him away."""

    customer_id: str
    to_id: str


class ScanDwell(Command):
    """Tell of deals that stay too long in their stage; for the scheduler, as often as it likes."""


class DealOpened(Event):
    deal_id: str


class LevelChanged(Event):
    deal_id: str
    before: str
    after: str


class DealReopened(Event):
    deal_id: str


class StageChanged(Event):
    deal_id: str
    before: str
    after: str


class DealLost(Event):
    deal_id: str
    reason: str


class DealWon(Event):
    deal_id: str


class OwnerChanged(Event):
    """A customer's open work has a new owner."""

    customer_id: str
    before_id: str | None
    after_id: str


class DealHandedOver(Event):
    """A deal has a new owner, in his unit; what hangs on the deal goes along."""

    deal_id: str
    before_id: str | None
    after_id: str | None
    unit: str


class DealView(View):
    """A deal; money in fen. `stage_name` and `todo` (what is still to be done in the stage) are in the actor's
    language; `slow`: it stays too long, longer than `limit_days`, `limit_by` its pipeline (`expected`) or what its
    team usually takes (`team`)."""

    id: str
    ref: str
    customer_id: str
    customer_name: str
    interest: str
    pipeline: str
    stage: str
    stage_name: str
    level: str
    state: str
    owner_id: str | None
    owner_name: str
    expected_close: date | None
    list_fen: int | None
    discount_fen: int
    quote_id: str | None
    stage_since: datetime
    version: int
    lead_id: str | None = None
    amount_fen: int | None = None
    todo: tuple[str, ...] = ()
    days_in_stage: int = 0
    slow: bool = False
    limit_days: float = 0
    limit_by: str = ""


class DealCard(Question):
    """One deal: DealView."""

    deal_id: str


class OpenDeals(Question):
    """A customer's open deals, newest first: list[DealView]."""

    customer_id: str


class SlowDeals(Question):
    """Open deals the actor may see that stay too long in their stage, the longest first: list[DealView]."""

    owner_id: str | None = None
    limit: int = 20


class StageNames(Question):
    """The stages of a pipeline: list[(key, name in the actor's language)]. Empty: the dealer's pipeline."""

    pipeline: str = ""


class Funnel(Question):
    """Deals by stage in what the actor may see: list[(stage name, count, amount fen)]."""

    since: datetime | None = None
    until: datetime | None = None
    owner_id: str | None = None
