"""Changes of the parts catalogue and of part stock. The many-at-once functions are what imports use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.fitment.crossrefs import put_crossrefs
from crm_core.fitment.messages import AddApplication, AddPart, SetStock
from crm_core.fitment.normalise import oe_display, oe_key, valid_month
from crm_core.fitment.tables import Application, Part, PartStock
from crm_core.kernel.errors import ChexinError, Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.org.tables import Unit
from crm_core.vehicles.handlers import only, outcome_of
from crm_core.vehicles.tables import Model

POSITIONS = ("", "front", "rear", "left", "right", "front_left", "front_right", "rear_left", "rear_right")
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


@handles(SetStock)
def set_stock(cmd: SetStock, uow: Uow) -> Result:
    """Say how many of a part a dealer has."""
    uow.must("stock", "write", cmd.unit)
    return only(put_stock([cmd], uow))


def put_parts(commands: Sequence[AddPart], uow: Uow) -> list[Outcome]:
    """Many parts at once; `view` of each result is added, changed or unchanged."""
    known = parts_by_key(uow, [oe_key(cmd.oe) for cmd in commands])
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


def _put_part(cmd: AddPart, known: dict[str, Part], uow: Uow) -> Result:
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
    values = cmd.model_dump(exclude={"oe", "supersedes", "interchange", "aftermarket"})
    values["oe"] = oe_display(key, cmd.brand) if cmd.brand else cmd.oe.strip()
    return _put(Part, known, key, {"oe_key": key}, values, uow)


def _put(table: Any, known: dict[Any, Any], key: Any, identity: dict[str, Any], values: dict[str, Any],
         uow: Uow) -> Result:  # fmt: skip
    """Insert or change the row known under `key`."""
    row = known.get(key)
    outcome = "added" if row is None else outcome_of(row, values)
    if row is None:
        row = known[key] = uow.new(table, **identity, **values)
    elif outcome == "changed":
        if table is Part and row.category != values["category"]:
            _move_category(row.id, values["category"], uow)
        uow.touch(row, **values)
    return Result(id=row.id, view=outcome)


def _move_category(part_id: str, category: str, uow: Uow) -> None:
    """Applications carry their part's category."""
    uow.flush()
    mine = update(Application).where(
        col(Application.tenant) == uow.tenant, col(Application.part_id) == part_id
    )
    uow.session.execute(mine.values(category=category))


def parts_by_key(uow: Uow, keys: Iterable[str]) -> dict[str, Part]:
    """The tenant's parts with these keys."""
    query = select(Part).where(col(Part.tenant) == uow.tenant, col(Part.oe_key).in_(set(keys)))
    return {part.oe_key: part for part in uow.rows(query)}


def put_applications(commands: Sequence[AddApplication], uow: Uow) -> list[Outcome]:
    """Many applications at once; `view` of each result is added, changed or unchanged."""
    parts = parts_by_key(uow, [oe_key(cmd.oe) for cmd in commands])
    codes = {cmd.model_code for cmd in commands}
    models = uow.session.execute(
        select(col(Model.code), col(Model.id)).where(
            col(Model.tenant) == uow.tenant, col(Model.code).in_(codes)
        )
    )
    model_ids: dict[str, str] = {row[0]: row[1] for row in models}
    prepared: list[dict[str, Any] | ChexinError] = []
    for cmd in commands:
        try:
            prepared.append(_application_values(cmd, parts, model_ids, uow))
        except Invalid as error:
            prepared.append(error)
    keys = [item["natural_key"] for item in prepared if isinstance(item, dict)]
    query = select(Application).where(
        col(Application.tenant) == uow.tenant, col(Application.natural_key).in_(keys)
    )
    known: dict[Any, Any] = {row.natural_key: row for row in uow.rows(query)}
    return [_put_application(item, known, uow) if isinstance(item, dict) else item for item in prepared]


def _put_application(values: dict[str, Any], known: dict[Any, Any], uow: Uow) -> Result:
    key = values.pop("natural_key")
    return _put(Application, known, key, {"natural_key": key}, values, uow)


def _application_values(
    cmd: AddApplication, parts: dict[str, Part], models: dict[str, str], uow: Uow
) -> dict[str, Any]:
    """The columns of the row, with its natural key. Raises Invalid."""
    part = parts.get(oe_key(cmd.oe))
    if part is None:
        raise Invalid("oe", "error.unknown_part", value=cmd.oe)
    if cmd.model_code not in models:
        raise Invalid("model_code", "error.unknown_model", value=cmd.model_code)
    _check_conditions(cmd)
    conditions: dict[str, Any] = {
        "part_id": part.id, "model_id": models[cmd.model_code], "fits": cmd.fits, "trims": several(cmd.trim),
        "engines": several(cmd.engine), "options": several(cmd.option_code), "position": cmd.position,
        "from_vin": oe_key(cmd.from_vin), "to_vin": oe_key(cmd.to_vin), "from_month": cmd.from_month,
        "to_month": cmd.to_month,
    }  # fmt: skip
    text = f"code:{cmd.source}:{cmd.code}" if cmd.code else repr(sorted(conditions.items()))
    return conditions | {"natural_key": uow.cipher.digest("application", text), "category": part.category,
                         "note": cmd.note[:400], "source": cmd.source}  # fmt: skip


def _check_conditions(cmd: AddApplication) -> None:
    if cmd.position not in POSITIONS:
        raise Invalid(
            "position", "error.unknown_position", value=cmd.position, known=", ".join(POSITIONS[1:])
        )
    for field in ("from_month", "to_month"):
        if not valid_month(getattr(cmd, field)):
            raise Invalid(field, "error.bad_month", value=getattr(cmd, field))
    for field in ("from_vin", "to_vin"):
        if len(oe_key(getattr(cmd, field))) not in (0, 6, 17):
            raise Invalid(field, "error.bad_vin", suggestion="")
    if cmd.from_month and cmd.to_month and cmd.from_month > cmd.to_month:
        raise Invalid("from_month", "error.range_reversed")
    if cmd.from_vin and cmd.to_vin and oe_key(cmd.from_vin) > oe_key(cmd.to_vin):
        raise Invalid("from_vin", "error.range_reversed")


def several(cell: str) -> list[str]:
    """The values of a cell: `1ZE;1LJ` → two."""
    return [value.strip() for value in cell.replace("；", ";").split(";") if value.strip()]


def put_stock(commands: Sequence[SetStock], uow: Uow) -> list[Outcome]:
    """Much stock at once; `view` of each result is added, changed or unchanged."""
    parts = parts_by_key(uow, [oe_key(cmd.oe) for cmd in commands])
    units = set(uow.session.execute(select(col(Unit.path)).where(col(Unit.tenant) == uow.tenant)).scalars())
    ids = [part.id for part in parts.values()]
    query = select(PartStock).where(col(PartStock.tenant) == uow.tenant, col(PartStock.part_id).in_(ids))
    known: dict[Any, Any] = {(row.part_id, row.unit): row for row in uow.rows(query)}
    outcomes: list[Outcome] = []
    for cmd in commands:
        try:
            outcomes.append(_put_stock(cmd, parts.get(oe_key(cmd.oe)), units, known, uow))
        except Invalid as error:
            outcomes.append(error)
    return outcomes


def _put_stock(cmd: SetStock, part: Part | None, units: set[str], known: dict[Any, Any], uow: Uow) -> Result:
    if part is None:
        raise Invalid("oe", "error.unknown_part", value=cmd.oe)
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
