"""Changes of the parts catalogue and of part stock. The many-at-once functions are what imports use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.fitment import price_class as price_class
from crm_core.fitment import vin as vin
from crm_core.fitment.applications import POSITIONS, put_applications
from crm_core.fitment.crossrefs import put_crossrefs, put_refs
from crm_core.fitment.makers import maker_key, maker_of
from crm_core.fitment.messages import AddApplication, AddCrossRef, AddPart, SetPrices, SetStock
from crm_core.fitment.normalise import oe_display, oe_key
from crm_core.fitment.prices import put_prices
from crm_core.fitment.shelf import Shelf
from crm_core.fitment.tables import Application, Part, PartStock
from crm_core.kernel.errors import ChexinError, Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.org.tables import Unit
from crm_core.vehicles.handlers import only, outcome_of

Outcome = Result | ChexinError


@handles(AddPart)
def add_part(cmd: AddPart, uow: Uow) -> Result:
    """Create or change one part; the same data again changes nothing."""
    uow.must("part", "write")
    return only(put_parts([cmd], uow))


@handles(AddApplication)
def add_application(cmd: AddApplication, uow: Uow) -> Result:
    """Say that a part fits, or does not fit, a model."""
    uow.must("part", "write")
    return only(put_applications([cmd], uow))


@handles(AddCrossRef)
def add_cross_ref(cmd: AddCrossRef, uow: Uow) -> Result:
    """Say that one number stands for another."""
    uow.must("part", "write")
    return only(put_refs([cmd], uow))


@handles(SetPrices)
def set_prices(cmd: SetPrices, uow: Uow) -> Result:
    """Say what the classes of customers pay for a part."""
    uow.must("part", "write")
    return only(put_prices([cmd], uow))


@handles(SetStock)
def set_stock(cmd: SetStock, uow: Uow) -> Result:
    """Say how many of a part a dealer has."""
    uow.must("stock", "write", cmd.unit)
    return only(put_stock([cmd], uow))


def put_parts(commands: Sequence[AddPart], uow: Uow) -> list[Outcome]:
    """Many parts at once; `view` of each result is added, changed or unchanged."""
    known = Shelf.of(uow, (cmd.oe for cmd in commands))
    outcomes: list[Outcome] = []
    stored = []
    for cmd in commands:
        try:
            outcomes.append(_put_part(cmd, known, uow))
            stored.append((len(outcomes) - 1, cmd))
        except Invalid as error:
            outcomes.append(error)
    for at, changed in put_crossrefs(stored, uow):
        result = outcomes[at]
        if changed and isinstance(result, Result) and result.view == "unchanged":
            outcomes[at] = result.model_copy(update={"view": "changed"})
    return outcomes


def _put_part(cmd: AddPart, known: Shelf, uow: Uow) -> Result:
    key = oe_key(cmd.oe)
    if not key:
        raise Invalid("oe", "error.bad_oe", value=cmd.oe)
    if not cmd.name.strip():
        raise Invalid("name", "error.empty")
    if cmd.position not in POSITIONS:
        raise Invalid(
            "position", "error.unknown_position", value=cmd.position, known=", ".join(POSITIONS[1:])
        )
    if min(cmd.price_fen or 0, cmd.cost_fen or 0) < 0:
        raise Invalid("price_fen", "error.negative")
    row = known.find(cmd.oe, cmd.brand)
    values = _part_values(cmd, key, row)
    if row is None:
        row = uow.new(Part, oe_key=key, **values)
        known.put(row)
        return Result(id=row.id, view="added")
    outcome = outcome_of(row, values)
    if outcome == "changed":
        if row.category != values["category"]:
            _move_category(row.id, values["category"], uow)
        uow.touch(row, **values)
    return Result(id=row.id, view=outcome)


def _part_values(cmd: AddPart, key: str, row: Part | None) -> dict[str, Any]:
    """The columns; a row that has a brand keeps it when none is given."""
    brand = cmd.brand.strip() or (row.brand if row else "")
    maker = maker_of(brand)
    values = cmd.model_dump(exclude={"oe", "supersedes", "interchange", "aftermarket", "is_aftermarket"})
    shown = oe_display(key, brand) if maker and maker.style else cmd.oe.strip()
    made_by = cmd.is_aftermarket if cmd.is_aftermarket is not None else bool(maker and maker.parts_only)
    return values | {"brand": brand, "maker": maker_key(brand), "oe": shown[:60], "aftermarket": made_by}


def _put(table: Any, known: dict[Any, Any], key: Any, identity: dict[str, Any], values: dict[str, Any],
         uow: Uow) -> Result:  # fmt: skip
    """Insert or change the row known under `key`."""
    row = known.get(key)
    outcome = "added" if row is None else outcome_of(row, values)
    if row is None:
        row = known[key] = uow.new(table, **identity, **values)
    elif outcome == "changed":
        uow.touch(row, **values)
    return Result(id=row.id, view=outcome)


def _move_category(part_id: str, category: str, uow: Uow) -> None:
    """Applications carry their part's category."""
    uow.flush()
    mine = update(Application).where(
        col(Application.tenant) == uow.tenant, col(Application.part_id) == part_id
    )
    uow.session.execute(mine.values(category=category))


def put_stock(commands: Sequence[SetStock], uow: Uow) -> list[Outcome]:
    """Much stock at once; `view` of each result is added, changed or unchanged."""
    shelf = Shelf.of(uow, (cmd.oe for cmd in commands))
    units = set(uow.session.execute(select(col(Unit.path)).where(col(Unit.tenant) == uow.tenant)).scalars())
    ids = [part.id for parts in shelf.parts.values() for part in parts]
    query = select(PartStock).where(col(PartStock.tenant) == uow.tenant, col(PartStock.part_id).in_(ids))
    known: dict[Any, Any] = {(row.part_id, row.unit): row for row in uow.rows(query)}
    outcomes: list[Outcome] = []
    for cmd in commands:
        try:
            outcomes.append(_put_stock(cmd, shelf.need(cmd.oe, cmd.brand), units, known, uow))
        except Invalid as error:
            outcomes.append(error)
    return outcomes


def _put_stock(cmd: SetStock, part: Part, units: set[str], known: dict[Any, Any], uow: Uow) -> Result:
    if cmd.unit not in units or not cmd.unit.startswith(_may_stock(uow)):
        raise Invalid("unit", "error.unknown_unit", value=cmd.unit)
    if min(cmd.quantity, cmd.reserved, cmd.in_transit) < 0 or (cmd.eta_days or 0) < 0:
        raise Invalid("quantity", "error.negative")
    values = {"quantity": max(cmd.quantity - cmd.reserved, 0), "bin": cmd.bin, "in_transit": cmd.in_transit,
              "eta_days": cmd.eta_days}  # fmt: skip
    return _put(PartStock, known, (part.id, cmd.unit), {"part_id": part.id, "unit": cmd.unit}, values, uow)


def _may_stock(uow: Uow) -> tuple[str, ...]:
    """The unit prefixes whose stock the actor may write."""
    from crm_core.kernel.access import Scope, reach

    return tuple(
        reach(grant.unit, scope)
        for grant, scope in uow.access.scopes(uow.actor, "stock", "write")
        if scope not in (Scope.SELF, Scope.OWN)
    )
