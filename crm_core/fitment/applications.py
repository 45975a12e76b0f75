"""Writing the rows of the catalogue: which part fits which model under which conditions, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import col

from crm_core.fitment.messages import AddApplication
from crm_core.fitment.normalise import oe_key, valid_month
from crm_core.fitment.shelf import CHUNK, Shelf
from crm_core.fitment.tables import Application
from crm_core.kernel.errors import ChexinError, Invalid
from crm_core.kernel.ids import new_id
from crm_core.kernel.registry import Result
from crm_core.kernel.uow import Reader, Uow
from crm_core.vehicles.tables import Model

POSITIONS = ("", "front", "rear", "left", "right", "front_left", "front_right", "rear_left", "rear_right")
TABLE: Any = Application.__table__  # type: ignore[attr-defined]
# What a row says; its number, source and part follow from its key.
SAYS = ("fits", "trims", "engines", "options", "position", "from_vin", "to_vin", "from_month", "to_month", "note",
        "category", "conditions", "quantity", "part_id", "model_id", "confidence")  # fmt: skip
Values = dict[str, Any]


def put_applications(commands: Sequence[AddApplication], uow: Uow) -> list[Result | ChexinError]:
    """Many applications at once; `view` of each result is added, changed or unchanged."""
    shelf = Shelf.of(uow, (cmd.oe for cmd in commands))
    models = models_called(uow, {cmd.model_code for cmd in commands})
    outcomes: list[Result | ChexinError] = []
    ready: list[tuple[int, list[Values]]] = []
    for at, cmd in enumerate(commands):
        try:
            ready.append((at, _rows(cmd, shelf, models, uow)))
            outcomes.append(Result(id=""))
        except Invalid as error:
            outcomes.append(error)
    stored = iter(store([row for _, rows in ready for row in rows], uow))
    for at, rows in ready:
        ids, named = zip(*(next(stored) for _ in rows), strict=True)
        view = "added" if "added" in named else "changed" if "changed" in named else "unchanged"
        outcomes[at] = Result(id=ids[0], view=view)
    return outcomes


def models_called(reader: Reader, names: Iterable[str]) -> dict[str, list[str]]:
    """Name → the models with this code, and those that carry it as external id (`aces:7541`)."""
    called: dict[str, list[str]] = {}
    wanted = sorted(set(names) - {""})
    for at in range(0, len(wanted), CHUNK):
        some = wanted[at : at + CHUNK]
        for column in (col(Model.code), col(Model.external_id)):
            query = select(column, col(Model.id)).where(col(Model.tenant) == reader.tenant, column.in_(some))
            for name, model_id in reader.session.execute(query.order_by(col(Model.id))):
                if model_id not in called.setdefault(name, []):
                    called[name].append(model_id)
    return called


def _rows(cmd: AddApplication, shelf: Shelf, models: dict[str, list[str]], uow: Uow) -> list[Values]:
    """One row a model the command speaks of. Raises Invalid."""
    part = shelf.need(cmd.oe, cmd.brand)
    if cmd.model_code not in models:
        raise Invalid("model_code", "error.unknown_model", value=cmd.model_code)
    _check(cmd)
    ids = models[cmd.model_code]
    said: Values = {
        "fits": cmd.fits, "trims": several(cmd.trim), "engines": several(cmd.engine), "options": several(cmd.option_code),
        "position": cmd.position, "from_vin": oe_key(cmd.from_vin), "to_vin": oe_key(cmd.to_vin),
        "from_month": cmd.from_month, "to_month": cmd.to_month,
        "conditions": [[name.strip()[:60], value.strip()[:400]] for name, value in cmd.conditions],
    }  # fmt: skip
    rest = {"category": part.category, "note": cmd.note[:400], "source": cmd.source, "quantity": cmd.quantity,
            "ref": cmd.code[:40], "confidence": cmd.confidence, "author_id": cmd.author_id}  # fmt: skip
    rows = []
    for model_id in ids:
        conditions = {"part_id": part.id, "model_id": model_id} | said
        key = natural_key(conditions, cmd, uow, model_id if len(ids) > 1 else "")
        rows.append(conditions | rest | {"natural_key": key})
    return rows


def natural_key(conditions: Values, cmd: AddApplication, uow: Uow, model_id: str) -> str:
    """What the row is known by: its number in its source, else all it says."""
    if cmd.code:
        text = f"code:{cmd.source}:{cmd.code}" + (f":{model_id}" if model_id else "")
    else:
        told = {name: value for name, value in conditions.items() if name != "conditions" or value}
        text = repr(sorted(told.items()))
    return uow.cipher.digest("application", text)


def _check(cmd: AddApplication) -> None:
    """Raises Invalid for conditions that mean nothing."""
    if cmd.position not in POSITIONS:
        known = ", ".join(POSITIONS[1:])
        raise Invalid("position", "error.unknown_position", value=cmd.position, known=known)
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
    if min(cmd.quantity or 0, cmd.confidence or 0) < 0:
        raise Invalid("quantity", "error.negative")


def several(cell: str) -> list[str]:
    """The values of a cell: `1ZE;1LJ` → two."""
    return [value.strip() for value in cell.replace("；", ";").split(";") if value.strip()]


def store(rows: Sequence[Values], uow: Uow) -> list[tuple[str, str]]:
    """Insert or change rows by their natural key, in three statements however many they are.

    Returns (id, added, changed or unchanged) for each; a row that comes twice is unchanged the second time.
    """
    uow.flush()
    known = _known({row["natural_key"] for row in rows}, uow)
    fresh: dict[str, Values] = {}
    moved: dict[str, Values] = {}
    named = []
    for row in rows:
        key = row["natural_key"]
        before = fresh.get(key) or moved.get(key) or known.get(key)
        mine = row | {"id": before["id"] if before else new_id()}
        if before is None:
            fresh[key] = mine
            named.append((mine["id"], "added"))
        elif all(before[name] == row.get(name) for name in SAYS):
            named.append((mine["id"], "unchanged"))
        else:
            (fresh if key in fresh else moved)[key] = mine
            named.append((mine["id"], "changed"))
    _insert(fresh.values(), uow)
    _change(moved.values(), uow)
    return named


def _known(keys: set[str], uow: Uow) -> dict[str, Values]:
    columns = [TABLE.c[name] for name in ("id", "natural_key", *SAYS)]
    found: dict[str, Values] = {}
    wanted = sorted(keys)
    for at in range(0, len(wanted), CHUNK):
        query = select(*columns).where(
            TABLE.c.tenant == uow.tenant, TABLE.c.natural_key.in_(wanted[at : at + CHUNK])
        )
        found |= {row["natural_key"]: dict(row) for row in uow.session.execute(query).mappings()}
    return found


def _insert(rows: Iterable[Values], uow: Uow) -> None:
    shared = {"tenant": uow.tenant, "created_at": uow.now, "updated_at": uow.now, "version": 1}
    if made := [shared | row for row in rows]:
        uow.session.connection().execute(insert(TABLE), made)


def _change(rows: Iterable[Values], uow: Uow) -> None:
    changed = [{"row_id": row["id"], "now": uow.now} | {name: row.get(name) for name in SAYS} for row in rows]
    if changed:
        values: Values = {name: bindparam(name) for name in SAYS}
        mine = update(TABLE).where(TABLE.c.id == bindparam("row_id"))
        uow.session.connection().execute(
            mine.values(values | {"updated_at": bindparam("now"), "version": TABLE.c.version + 1}), changed
        )
