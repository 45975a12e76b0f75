"""What deals do about events of other concepts: forward, never back."""

from __future__ import annotations

from crm_core.appointments.messages import AppointmentEnded, AppointmentReopened
from crm_core.appointments.tables import Appointment
from crm_core.approvals.messages import ApprovalRequested
from crm_core.approvals.tables import Approval
from crm_core.customers.messages import CustomersMerged, CustomersSplit
from crm_core.customers.tables import Customer
from crm_core.deals.handlers import lose
from crm_core.deals.lookup import deal_of_lead, open_deals_of
from crm_core.deals.messages import DealReopened
from crm_core.deals.moves import advance, back_from
from crm_core.deals.tables import Deal
from crm_core.deals.transfer import hand_over
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadAssigned, LeadContacted, LeadLost
from crm_core.leads.tables import Lead
from crm_core.quotes.messages import DiscountApplied, QuoteMade
from crm_core.quotes.tables import Quote


def _deal(uow: Uow, deal_id: str | None) -> Deal | None:
    return uow.find(Deal, deal_id)


@reacts(LeadContacted)
def contacted(event: LeadContacted, uow: Uow) -> None:
    """The first call moves the deal on."""
    advance(uow, deal_of_lead(uow, event.lead_id), "lead_contacted")


@reacts(LeadLost)
def lost_with_lead(event: LeadLost, uow: Uow) -> None:
    """A lost lead's deal is lost too."""
    deal = deal_of_lead(uow, event.lead_id)
    if deal is not None and deal.state == "open":
        lose(uow, deal, event.reason)


@reacts(LeadAssigned)
def follow_lead(event: LeadAssigned, uow: Uow) -> None:
    """The deal goes where its lead goes; a lead that lives again brings its deal back."""
    deal = deal_of_lead(uow, event.lead_id)
    lead = uow.find(Lead, event.lead_id)
    if deal is None or lead is None:
        return
    if deal.state == "lost" and lead.state in ("new", "contacted", "pool"):
        uow.touch(deal, state="open", closed_at=None, lost_reason_enc=None)
        uow.emit(DealReopened(deal_id=deal.id))
    if deal.state == "open":
        hand_over(uow, deal, event.owner_id, lead.unit)


@reacts(AppointmentEnded)
def driven(event: AppointmentEnded, uow: Uow) -> None:
    """A test drive that took place moves the deal on."""
    if event.kind == "test_drive" and event.state == "done":
        appointment = uow.session.get(Appointment, event.appointment_id)
        advance(uow, _deal(uow, appointment.deal_id if appointment else None), "test_drive_done")


@reacts(AppointmentReopened)
def not_driven(event: AppointmentReopened, uow: Uow) -> None:
    """The drive did not take place after all: what it moved is moved back."""
    if event.kind == "test_drive" and event.ended_at is not None:
        appointment = uow.session.get(Appointment, event.appointment_id)
        back_from(uow, _deal(uow, appointment.deal_id if appointment else None), "test_drive_done", event.ended_at)


@reacts(QuoteMade)
def quoted(event: QuoteMade, uow: Uow) -> None:
    """A quote moves the deal on."""
    quote = uow.session.get(Quote, event.quote_id)
    advance(uow, _deal(uow, quote.deal_id if quote else None), "quote_made")


@reacts(ApprovalRequested)
def asked(event: ApprovalRequested, uow: Uow) -> None:
    """Asking for a discount is negotiating."""
    approval = uow.session.get(Approval, event.approval_id)
    advance(uow, _deal(uow, approval.deal_id if approval else None), "approval_requested")


@reacts(DiscountApplied)
def discounted(event: DiscountApplied, uow: Uow) -> None:
    """So is giving one."""
    advance(uow, _deal(uow, event.deal_id), "discount_applied")


@reacts(CustomersMerged)
def follow_customer(event: CustomersMerged, uow: Uow) -> None:
    """Who looks after the customer looks after the deals that came with the other record."""
    _follow(event.kept_id, uow)


@reacts(CustomersSplit)
def follow_back(event: CustomersSplit, uow: Uow) -> None:
    """And whoever looked after the other one has his deals again."""
    _follow(event.gone_id, uow)


def _follow(customer_id: str, uow: Uow) -> None:
    customer = uow.find(Customer, customer_id)
    if customer is None or customer.owner_id is None:
        return
    for deal in open_deals_of(uow, customer_id):
        hand_over(uow, deal, customer.owner_id, customer.unit)
