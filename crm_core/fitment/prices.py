"""What a part costs whom: prices by class of customer, of the nearest unit, on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.fitment.messages import SetPrices
from crm_core.fitment.rules import FitmentPolicy
from crm_core.fitment.shelf import Shelf
from crm_core.fitment.tables import Part, PartPrice
from crm_core.kernel.errors import ChexinError, Invalid
from crm_core.kernel.registry import Result
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.people import zone_of
from crm_core.org.tables import Unit
from crm_core.vehicles.handlers import outcome_of

RETAIL = "retail"
MAX_FEN = 2_000_000_000
Known = dict[tuple[str, str, str], PartPrice]


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What the asker's customer pays, the class it is of, and what that class is called."""

    price_fen: int
    price_class: str
    label: str


def class_of(reader: Reader, customer_id: str = "") -> str:
    """The class of the customer who asks, or of the one a colleague asks for and may see; else the default."""
    policy = reader.policies.model("fitment", FitmentPolicy, unit=reader.actor.unit)
    customer: Customer | None = None
    if reader.actor.customer_id:
        customer = reader.session.get(Customer, reader.actor.customer_id)
    elif customer_id:
        customer = reader.first(reader.select(Customer, "customer").where(col(Customer.id) == customer_id))
    said = customer.price_class if customer is not None and customer.tenant == reader.tenant else ""
    return said if said in policy.price_classes else policy.default_class


def prices_for(parts: Sequence[Part], reader: Reader, customer_id: str = "") -> dict[str, PriceLine]:
    """Part id → what the customer in question pays; parts without any price are left out.

    The price of his class at the nearest unit above the asker, else his class's share of the retail price,
    else the retail price.
    """
    wanted = class_of(reader, customer_id)
    policy = reader.policies.model("fitment", FitmentPolicy, unit=reader.actor.unit)
    listed = _listed(parts, {wanted, RETAIL}, reader)
    share = policy.price_classes[wanted].percent_of_retail if wanted in policy.price_classes else 100
    found = {}
    for part in parts:
        own, retail = listed.get((part.id, wanted)), listed.get((part.id, RETAIL), part.price_fen)
        if own is not None:
            found[part.id] = _line(own, wanted, policy, reader)
        elif retail is not None:
            found[part.id] = _line(
                (retail * share + 50) // 100, wanted if share != 100 else RETAIL, policy, reader
            )
    return found


def _line(fen: int, price_class: str, policy: FitmentPolicy, reader: Reader) -> PriceLine:
    named = policy.price_classes.get(price_class)
    return PriceLine(
        fen, price_class, getattr(named, reader.actor.language, price_class) if named else price_class
    )


def _listed(parts: Sequence[Part], classes: set[str], reader: Reader) -> dict[tuple[str, str], int]:
    """(part, class) → the price valid today at the nearest unit; on one index."""
    if not parts:
        return {}
    today = reader.now.astimezone(_zone(reader)).date()
    query = select(PartPrice).where(
        col(PartPrice.tenant) == reader.tenant, col(PartPrice.part_id).in_([part.id for part in parts]),
        col(PartPrice.price_class).in_(classes), col(PartPrice.unit).in_(_above(reader.actor.unit)),
        or_(col(PartPrice.valid_from).is_(None), col(PartPrice.valid_from) <= today),
        or_(col(PartPrice.valid_until).is_(None), col(PartPrice.valid_until) >= today),
    )  # fmt: skip
    rows = sorted(reader.rows(query), key=lambda row: len(row.unit))
    return {(row.part_id, row.price_class): row.price_fen for row in rows}


def _zone(reader: Reader) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(zone_of(reader, reader.actor.unit))


def _above(unit: str) -> list[str]:
    """A unit's path and those above it."""
    names = unit.rstrip(".").split(".")
    return [".".join(names[: depth + 1]) + "." for depth in range(len(names))]


def put_prices(commands: Sequence[SetPrices], uow: Uow) -> list[Result | ChexinError]:
    """Many prices at once; `view` of each result is added, changed or unchanged."""
    shelf = Shelf.of(uow, (cmd.oe for cmd in commands))
    ids = [part.id for parts in shelf.parts.values() for part in parts]
    query = select(PartPrice).where(col(PartPrice.tenant) == uow.tenant, col(PartPrice.part_id).in_(ids))
    known: Known = {(row.part_id, row.price_class, row.unit): row for row in uow.rows(query)}
    units = set(uow.session.execute(select(col(Unit.path)).where(col(Unit.tenant) == uow.tenant)).scalars())
    policy = uow.policies.model("fitment", FitmentPolicy, unit=uow.actor.unit)
    outcomes: list[Result | ChexinError] = []
    for cmd in commands:
        try:
            part = shelf.need(cmd.oe, cmd.brand)
            _check(cmd, units, policy.price_classes)
            named = {_put(cmd, part.id, name, fen, known, uow) for name, fen in cmd.prices}
            outcomes.append(Result(id=part.id, view=_most(named)))
        except Invalid as error:
            outcomes.append(error)
    return outcomes


def _check(cmd: SetPrices, units: set[str], classes: Iterable[str]) -> None:
    """Raises Invalid for a class, unit, amount or range of days that cannot be."""
    if cmd.unit and cmd.unit not in units:
        raise Invalid("unit", "error.unknown_unit", value=cmd.unit)
    if cmd.valid_from and cmd.valid_until and cmd.valid_from > cmd.valid_until:
        raise Invalid("valid_from", "error.range_reversed")
    if not cmd.prices:
        raise Invalid("price", "error.empty")
    for name, fen in cmd.prices:
        if name not in classes:
            raise Invalid("price_class", "error.unknown_price_class", value=name, known=", ".join(classes))
        if fen is not None and not 0 <= fen <= MAX_FEN:
            raise Invalid("price", "error.negative")


def _put(cmd: SetPrices, part_id: str, name: str, fen: int | None, known: Known, uow: Uow) -> str:
    unit = cmd.unit or f"{uow.tenant}."
    row = known.get((part_id, name, unit))
    if fen is None:
        if row is not None:
            uow.session.delete(known.pop((part_id, name, unit)))
        return "changed" if row is not None else "unchanged"
    values = {
        "price_fen": fen, "valid_from": cmd.valid_from, "valid_until": cmd.valid_until, "source": cmd.source[:120]
    }  # fmt: skip
    if row is None:
        identity = {"part_id": part_id, "price_class": name, "unit": unit}
        known[part_id, name, unit] = uow.new(PartPrice, **identity, **values)
        return "added"
    outcome = outcome_of(row, values)
    if outcome == "changed":
        uow.touch(row, **values)
    return outcome


def _most(named: set[str]) -> str:
    return next(view for view in ("added", "changed", "unchanged") if view in named)
