"""Rows of a parts maker's catalogue (ACES) into ours, many at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from crm_core.fitment.applications import TABLE, models_called, store
from crm_core.fitment.contradictions import contradictions_of
from crm_core.fitment.makers import maker_key, maker_of
from crm_core.fitment.normalise import oe_display, oe_key
from crm_core.fitment.shelf import CHUNK, Shelf
from crm_core.fitment.tables import Part
from crm_core.imports.messages import (
    CatalogueOutcome,
    CatalogueRow,
    CatalogueVehicle,
    ImportCatalogue,
    Rejection,
    RemoveMissing,
)
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.vehicles.handlers import put_models
from crm_core.vehicles.messages import AddModel
from crm_core.vehicles.tables import Model

MAX_TOLD = 200
NAMELESS = "ACES"
Values = dict[str, Any]


@dataclass
class Known:
    """The parts and models a batch speaks of."""

    shelf: Shelf
    models: dict[str, list[str]]

    def models_of(self, row: CatalogueRow) -> list[str]:
        return [model for vehicle in row.vehicles for model in self.models.get(vehicle, ())]


@dataclass
class Tally:
    """What became of the rows of a batch."""

    counts: dict[str, int] = field(
        default_factory=lambda: {"added": 0, "changed": 0, "unchanged": 0, "removed": 0}
    )
    kept: array[int] = field(default_factory=lambda: array("Q"))
    kinds: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)

    def take(self, rows: Sequence[tuple[CatalogueRow, list[Values]]], uow: Uow) -> None:
        """Store rows; each counts once, however many models it is about."""
        stored = iter(store([v for _, values in rows for v in values], uow))
        for _, values in rows:
            named = {next(stored)[1] for _ in values}
            self.counts[next((name for name in ("added", "changed") if name in named), "unchanged")] += 1
            for v in values:
                self.kept.append(mark(v["natural_key"]))
                self.kinds.add(v["category"])
                self.parts.add(v["part_id"])


@handles(ImportCatalogue)
def import_catalogue(cmd: ImportCatalogue, uow: Uow) -> Result:
    """Carry out a batch; `view` is a CatalogueOutcome."""
    uow.must("import", "write")
    uow.must("part", "write")
    known = Known(Shelf.of(uow, (row.part for row in cmd.rows)), _models(cmd.vehicles, uow))
    rejected, tally = _add_parts(cmd.rows, known.shelf, uow), Tally()
    uow.flush()
    for remove, rows in _runs(cmd.rows, rejected):
        valued = [(row, _values(row, cmd.source, known, uow)) for row in rows]
        if remove:
            tally.counts["removed"] += _remove(
                [(row, v) for row, values in valued for v in values], cmd.source, uow
            )
        else:
            tally.take(valued, uow)
    uow.audit("import", "catalogue", "-", reason=f"{len(cmd.rows)} rows", **tally.counts)
    return Result(id="catalogue", view=CatalogueOutcome(
        **tally.counts, rejected=tuple(rejected.values()), kept=tally.kept.tobytes(), kinds=tuple(sorted(tally.kinds)),
        contradictions=tuple(contradictions_of(uow, tally.parts, MAX_TOLD)),
    ))  # fmt: skip


def _models(vehicles: Sequence[CatalogueVehicle], uow: Uow) -> dict[str, list[str]]:
    """External id → our models. A vehicle nobody knows becomes one; one that had no name takes the one given now."""
    known = models_called(uow, (vehicle.external_id for vehicle in vehicles))
    named = [v.external_id for v in vehicles if v.series and v.external_id in known]
    nameless = set(_nameless(named, uow)) if named else set()
    wanted = [_model(v) for v in vehicles if v.external_id not in known or v.external_id in nameless]
    for cmd, outcome in zip(wanted, put_models(wanted, uow), strict=True):
        if isinstance(outcome, Result) and outcome.id not in known.setdefault(cmd.code, []):
            known[cmd.code].append(outcome.id)
    return known


def _nameless(ids: list[str], uow: Uow) -> Iterable[str]:
    query = select(col(Model.code)).where(
        col(Model.tenant) == uow.tenant, col(Model.code).in_(ids), col(Model.brand) == NAMELESS
    )
    return uow.session.execute(query).scalars()


def _model(vehicle: CatalogueVehicle) -> AddModel:
    named = bool(vehicle.series and vehicle.brand)
    return AddModel(
        code=vehicle.external_id, external_id=vehicle.external_id, market="", year=vehicle.year,
        brand=vehicle.brand if named else NAMELESS,
        series=vehicle.series if named else vehicle.external_id.partition(":")[2],
    )  # fmt: skip


def _add_parts(rows: Sequence[CatalogueRow], shelf: Shelf, uow: Uow) -> dict[int, Rejection]:
    """Make the parts nobody has yet. Returns the rows whose number nobody can tell, by their place."""
    rejected: dict[int, Rejection] = {}
    for at, row in enumerate(rows):
        try:
            part = shelf.find(row.part, row.brand) or shelf.find(row.part, row.brand_code)
            if part is None and not row.remove:
                shelf.put(_new_part(row, uow))
            elif part is not None and part.brand == row.brand_code != row.brand:
                uow.touch(part, brand=row.brand, maker=maker_key(row.brand))
        except ChexinError as error:
            rejected[at] = Rejection(line=at, key=error.key, params=error.params)
    return rejected


def _new_part(row: CatalogueRow, uow: Uow) -> Part:
    key, maker = oe_key(row.part), maker_of(row.brand)
    return uow.new(
        Part, oe_key=key[:40], oe=oe_display(key, row.brand) if maker and maker.style else row.part, brand=row.brand,
        maker=maker_key(row.brand), aftermarket=maker is None or maker.parts_only, name=row.name or row.part,
        category=row.category, position=row.position,
    )  # fmt: skip


def _runs(
    rows: Sequence[CatalogueRow], rejected: dict[int, Rejection]
) -> Iterator[tuple[bool, list[CatalogueRow]]]:
    """Rows to add and rows to remove, in the order of the file."""
    usable = (row for at, row in enumerate(rows) if at not in rejected)
    for remove, run in groupby(usable, lambda row: row.remove):
        yield remove, list(run)


def _values(row: CatalogueRow, source: str, known: Known, uow: Uow) -> list[Values]:
    """The row for each of its models, with its natural key: what the file said, whatever its ids are called."""
    part = known.shelf.find(row.part, row.brand)
    if part is None:
        return []
    said: Values = {
        "part_id": part.id, "category": part.category, "fits": True, "trims": list(row.trims),
        "engines": list(row.engines), "options": [], "position": row.position, "from_vin": "", "to_vin": "",
        "from_month": "", "to_month": "", "note": "", "conditions": [list(pair) for pair in row.conditions],
        "quantity": row.quantity, "confidence": None, "source": source, "ref": row.ref, "author_id": "",
    }  # fmt: skip
    return [
        said | {"model_id": model, "natural_key": uow.cipher.digest(
            "application", repr(("catalogue", source, part.id, model, row.identity)))}
        for model in known.models_of(row)
    ]  # fmt: skip


def _remove(rows: Sequence[tuple[CatalogueRow, Values]], source: str, uow: Uow) -> int:
    """Delete what rows say is no more: by all they say, else by their number in the same source."""
    gone = 0
    for row, values in rows:
        mine = [TABLE.c.tenant == uow.tenant]
        by_key = delete(TABLE).where(*mine, TABLE.c.natural_key == values["natural_key"])
        found = uow.session.connection().execute(by_key).rowcount
        if not found and row.ref:
            mine += [TABLE.c.part_id == values["part_id"], TABLE.c.model_id == values["model_id"],
                     TABLE.c.source == source, TABLE.c.ref == row.ref]  # fmt: skip
            found = uow.session.connection().execute(delete(TABLE).where(*mine)).rowcount
        gone += found
    return gone


def mark(natural_key: str) -> int:
    """8 bytes of a natural key: a million of them are 8 MB, and two alike are not met."""
    return int(natural_key[:16], 16)


@handles(RemoveMissing)
def remove_missing(cmd: RemoveMissing, uow: Uow) -> Result:
    """Delete the rows of a source, about the kinds of parts that came, that did not come again."""
    uow.must("import", "write")
    uow.must("part", "write")
    kept = array("Q")
    kept.frombytes(cmd.kept)
    marks, gone = set(kept), 0
    for keys in _all_keys(uow):
        missing = [key for key in keys if mark(key) not in marks]
        if missing:
            theirs = delete(TABLE).where(
                TABLE.c.tenant == uow.tenant, TABLE.c.natural_key.in_(missing), TABLE.c.source == cmd.source,
                TABLE.c.category.in_(cmd.kinds),
            )  # fmt: skip
            gone += uow.session.connection().execute(theirs).rowcount
    uow.audit("import", "catalogue", "-", reason=f"{gone} rows of {cmd.source} are no more")
    return Result(id="catalogue", view=gone)


def _all_keys(uow: Uow) -> Iterator[Sequence[str]]:
    """Every natural key of the tenant, in order, some thousands at a time: read from the unique index alone."""
    last = ""
    while True:
        query = (
            select(TABLE.c.natural_key)
            .where(TABLE.c.tenant == uow.tenant, TABLE.c.natural_key > last)
            .order_by(TABLE.c.natural_key)
            .limit(CHUNK)
        )
        keys = uow.session.execute(query).scalars().all()
        if not keys:
            return
        yield keys
        last = keys[-1]
