"""Quoting parts: at the customer's own price, on a deal of its own."""

from __future__ import annotations

from crm_core.customers.tables import Customer
from crm_core.deals.messages import DealView, OpenDeal, OpenDeals
from crm_core.fitment.messages import QuotePart
from crm_core.fitment.prices import prices_for
from crm_core.fitment.stock import part_name
from crm_core.fitment.tables import Part
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.quotes.handlers import quote_item


@handles(QuotePart)
def quote_part(cmd: QuotePart, uow: Uow) -> Result:
    """The quote stands on the customer's deal about this part, so that it takes the place of no car's quote."""
    uow.must("part", "read")
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    part = uow.find(Part, cmd.part_id)
    if part is None or part.tenant != uow.tenant:
        raise NotFound(resource="part")
    title = f"{part_name(part, uow)} {part.oe}"
    price = prices_for([part], uow, customer.id).get(part.id)
    if price is None:
        raise Invalid("price_fen", "error.price_needed", title=title)
    deals: list[DealView] = uow.ask(OpenDeals(customer_id=customer.id))
    deal_id = next((deal.id for deal in deals if deal.interest == title), None)
    opened = deal_id is None
    deal_id = deal_id or uow.call(OpenDeal(customer_id=customer.id, interest=title)).id
    return quote_item(uow, deal_id, title, price.price_fen, cmd.quantity, opened=opened)
