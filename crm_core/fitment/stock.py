"""Stock of parts as an asker may see it: his dealer first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from crm_core.fitment.messages import StockLine
from crm_core.fitment.prices import PriceLine, prices_for
from crm_core.fitment.rules import FitmentPolicy
from crm_core.fitment.tables import Part, PartStock
from crm_core.kernel.uow import Reader
from crm_core.org.people import dealer_of
from crm_core.vehicles.queries import dealer_names


def stock_lines(parts: Sequence[Part], reader: Reader, customer_id: str = "") -> tuple[StockLine, ...]:
    """Stock of these parts: part by part as given, the asker's dealer first, then the fullest.

    Prices are what the asker pays, or the customer a colleague asks for.
    """
    if not parts or not reader.access.may(reader.actor, "stock", "read"):
        return ()
    policy = reader.policies.model("fitment", FitmentPolicy, unit=reader.actor.unit)
    ids = [part.id for part in parts]
    rows = reader.rows(
        select(PartStock).where(col(PartStock.tenant) == reader.tenant, col(PartStock.part_id).in_(ids))
    )
    staff, home = reader.actor.is_staff or reader.actor.kind == "job", dealer_of(reader.actor.unit)
    elsewhere = policy.others_for_staff if staff else policy.others_for_customers
    names = dealer_names(reader, {row.unit for row in rows})
    by_id = {part.id: part for part in parts}
    prices = prices_for(parts, reader, customer_id)

    def order(row: PartStock) -> tuple[int, bool, int, str]:
        return ids.index(row.part_id), not row.unit.startswith(home), -row.quantity, row.unit

    lines = []
    for row in sorted(rows, key=order):
        ours = row.unit.startswith(home)
        if ours or elsewhere != "hide":
            exact = staff and (ours or elsewhere == "quantity")
            line = _line(row, by_id[row.part_id], names[row.unit], exact, ours, reader)
            lines.append(line.model_copy(update={"price_fen": price_in(prices, row.part_id)}))
    return tuple(lines)


def _line(row: PartStock, part: Part, dealer: str, exact: bool, own: bool, reader: Reader) -> StockLine:
    """One line, with quantities or only yes or no."""
    return StockLine(
        oe=part.oe, part_name=part_name(part, reader), dealer=dealer, exact=exact, own=own,
        quantity=row.quantity if exact else min(row.quantity, 1),
        in_transit=row.in_transit if exact else min(row.in_transit, 1),
        eta_days=row.eta_days, bin=row.bin if exact else "", price_fen=None,
        cost_fen=part.cost_fen if reader.access.may(reader.actor, "part", "see_cost") else None,
    )  # fmt: skip


def part_name(part: Part, reader: Reader) -> str:
    """The part's name in the asker's language."""
    return part.name_en if reader.actor.language == "en" and part.name_en else part.name


def price_in(prices: dict[str, PriceLine], part_id: str) -> int | None:
    """What a part costs by these prices, in fen."""
    return prices[part_id].price_fen if part_id in prices else None
