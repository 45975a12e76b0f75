"""One batch of an import: each row lands or is rejected with its reason, and one transaction ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from crm_core.fitment.applications import put_applications
from crm_core.fitment.contradictions import contradictions_of
from crm_core.fitment.crossrefs import put_refs
from crm_core.fitment.handlers import put_parts, put_stock
from crm_core.fitment.messages import Contradiction
from crm_core.fitment.prices import put_prices
from crm_core.fitment.shelf import Shelf
from crm_core.imports import catalogue as catalogue
from crm_core.imports.columns import Sheet, sheet
from crm_core.imports.convert import COMMANDS, Values, values_of
from crm_core.imports.history import (
    put_appointment,
    put_contact,
    put_customer,
    put_lead,
    put_quote,
    put_test_drive,
)
from crm_core.imports.messages import ImportBatch, ImportHistory, ImportOutcome, Rejection
from crm_core.imports.orders import order_of
from crm_core.imports.references import References
from crm_core.imports.tables import Imported
from crm_core.kernel.errors import ChexinError, Invalid, Unavailable
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.vehicles.handlers import put_models

OCCURRENCE = "#"
MAX_CONTRADICTIONS = 200
BULK: dict[str, Callable[[Any, Uow], list[Result | ChexinError]]] = {
    "models": put_models, "parts": put_parts, "applications": put_applications, "stock": put_stock,
    "crossrefs": put_refs, "supersessions": put_refs, "interchanges": put_refs, "aftermarket": put_refs,
    "prices": put_prices,
}  # fmt: skip
OWN_WAY: dict[str, Callable[[Values, References], Result]] = {
    "customers": put_customer, "leads": put_lead, "contacts": put_contact, "appointments": put_appointment,
    "test_drives": put_test_drive, "quotes": put_quote,
}  # fmt: skip
Rows = Sequence[tuple[int, dict[str, str]]]


@dataclass
class Tally:
    """What became of the rows so far."""

    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "changed": 0, "unchanged": 0})
    rejected: list[Rejection] = field(default_factory=list)

    def outcome(self, contradictions: tuple[Contradiction, ...] = ()) -> ImportOutcome:
        return ImportOutcome(
            added=self.counts["added"], changed=self.counts["changed"], unchanged=self.counts["unchanged"],
            rejected=tuple(self.rejected), contradictions=contradictions,
        )  # fmt: skip

    def take(self, rows: Rows, outcome: Result | ChexinError | str) -> None:
        """Count rows under their outcome, or list them as rejected."""
        if isinstance(outcome, ChexinError):
            self.rejected += [
                Rejection(line=line, key=outcome.key, params=outcome.params) for line, _ in rows
            ]
        else:
            self.counts[outcome if isinstance(outcome, str) else str(outcome.view)] += len(rows)


@handles(ImportBatch)
def import_batch(cmd: ImportBatch, uow: Uow) -> Result:
    """Carry out a batch; `view` is an ImportOutcome."""
    uow.must("import", "write")
    ours, refs, tally = sheet(cmd.kind), References(uow), Tally()
    if cmd.kind in BULK:
        _bulk(cmd.rows, ours, refs, tally)
    else:
        _one_by_one(cmd.rows, ours, refs, tally)
    uow.changes.clear()
    uow.audit("import", cmd.kind, "-", reason=f"{len(cmd.rows)} rows", **tally.counts)
    return Result(id=cmd.kind, view=tally.outcome(_contradictions(cmd, uow)))


def _contradictions(cmd: ImportBatch, uow: Uow) -> tuple[Contradiction, ...]:
    """What the catalogue now says both of among the parts of these rows."""
    if cmd.kind != "applications":
        return ()
    shelf = Shelf.of(uow, (row.get("oe", "") for _, row in cmd.rows))
    ids = [part.id for parts in shelf.parts.values() for part in parts]
    return tuple(contradictions_of(uow, ids, MAX_CONTRADICTIONS))


@handles(ImportHistory)
def import_history(cmd: ImportHistory, uow: Uow) -> Result:
    """All files in one transaction, without cards; `view` is {kind: ImportOutcome}. The first bad row ends it."""
    uow.must("import", "write")
    for unit in cmd.units:
        uow.call(unit)
    uow.flush()
    refs, outcomes = References(uow, quiet=True), {}
    for kind, rows in cmd.files:
        ours, tally = sheet(kind), Tally()
        if kind in BULK:
            _bulk(rows, ours, refs, tally)
        else:
            _one_by_one(rows, ours, refs, tally)
        if tally.rejected:
            first = tally.rejected[0]
            raise Invalid("file", "error.import_history", kind=kind, line=first.line, reason=first.key)
        outcomes[kind] = tally.outcome()
        uow.flush()
    uow.changes.clear()
    uow.audit("import", "history", "-", reason=f"{sum(len(rows) for _, rows in cmd.files)} rows")
    return Result(id="history", view=outcomes)


def _bulk(rows: Rows, ours: Sheet, refs: References, tally: Tally) -> None:
    """All rows at once; should the database refuse one, all of them again, each by itself."""
    ready: list[tuple[tuple[int, dict[str, str]], Any]] = []
    for row in rows:
        try:
            ready.append((row, _command(row[1], ours, refs)))
        except ChexinError as error:
            tally.take([row], error)
    put = BULK[ours.kind]
    try:
        with refs.uow.session.begin_nested():
            outcomes = put([command for _, command in ready], refs.uow)
    except DBAPIError:
        _forget_undone(refs.uow)
        outcomes = [_guarded(refs, lambda c=command: put([c], refs.uow)[0]) for _, command in ready]  # type: ignore[misc]
    for (row, _), outcome in zip(ready, outcomes, strict=True):
        tally.take([row], outcome)


def _command(row: dict[str, str], ours: Sheet, refs: References) -> Any:
    with _readable():
        return COMMANDS[ours.kind](values_of(row, ours), refs)


@contextmanager
def _readable() -> Iterator[None]:
    """A value of the wrong shape is the row's fault, not the program's."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        key = "error.too_long" if first["type"] == "string_too_long" else "error.invalid"
        raise Invalid(name, key, limit=first.get("ctx", {}).get("max_length")) from None


def _one_by_one(rows: Rows, ours: Sheet, refs: References, tally: Tally) -> None:
    """Row by row, or order by order, each in a savepoint; rows that came before unchanged are passed over."""
    groups = [
        list(group)
        for _, group in groupby(rows, lambda r: r[1].get(ours.group, r[0]) if ours.group else r[0])
    ]
    keys = [_digests(group, ours, refs.uow) for group in groups]
    known = _known([key for key, _ in keys], ours.kind, refs.uow)
    for group, (key, digest) in zip(groups, keys, strict=True):
        before = known.get(key)
        if before is not None and before.digest == digest:
            tally.take(group, "unchanged")
            continue
        outcome = _guarded(refs, lambda g=group: _carry_out(g, ours, refs))  # type: ignore[misc]
        if isinstance(outcome, Result):
            known[key] = _remember(before, key, digest, outcome, ours.kind, refs.uow)
            tally.take(group, _named(outcome, before is None))
        else:
            tally.take(group, outcome)


def _carry_out(group: Rows, ours: Sheet, refs: References) -> Result:
    with _readable():
        values = [values_of(row, ours) for _, row in group]
        if ours.kind in OWN_WAY:
            result = OWN_WAY[ours.kind](values[0], refs)
        elif ours.kind == "orders":
            result = refs.uow.call(order_of(values, refs))
        else:
            result = refs.uow.call(COMMANDS[ours.kind](values[0], refs))
        refs.uow.settle()
        return result


def _guarded(refs: References, work: Callable[[], Result | ChexinError]) -> Result | ChexinError:
    """Work in a savepoint: an error undoes it, with what it wanted to tell people, and is handed back.

    A history is all or nothing, so it needs no savepoints.
    """
    if refs.quiet:
        try:
            return work()
        except ChexinError as error:
            return error
    uow, pushes, refreshed = refs.uow, list(refs.uow.pushes), dict(refs.uow.refreshed)
    try:
        with uow.session.begin_nested():
            return work()
    except Unavailable:
        raise
    except (ChexinError, DBAPIError) as error:
        uow.pushes[:], uow.refreshed = pushes, refreshed
        uow.events.clear()
        _forget_undone(uow)
        if isinstance(error, ChexinError):
            return error
        structlog.get_logger().warning("import_row_refused", error=type(error.orig).__name__)
        return Invalid("row", "error.import_row")


def _forget_undone(uow: Uow) -> None:
    """Rows that a savepoint took back were never made."""
    for rows in uow._made.values():
        for record_id in [key for key, row in rows.items() if row not in uow.session]:
            del rows[record_id]


def _digests(group: Rows, ours: Sheet, uow: Uow) -> tuple[str, str]:
    """(what tells this row apart, its whole content), as keyed digests."""
    cells = [sorted(row.items()) for _, row in group]
    own = [group[0][1].get(name, "") for name in ours.key]
    telling = repr(own) if all(own[:1]) else repr(cells)
    key = uow.cipher.digest("import-key", f"{ours.kind}:{telling}")
    return key, uow.cipher.digest("import-row", repr(cells))


def _known(keys: list[str], kind: str, uow: Uow) -> dict[str, Imported]:
    query = select(Imported).where(
        col(Imported.tenant) == uow.tenant, col(Imported.kind) == kind, col(Imported.key).in_(keys)
    )
    return {row.key: row for row in uow.rows(query)}


def _remember(
    before: Imported | None, key: str, digest: str, result: Result, kind: str, uow: Uow
) -> Imported:
    if before is None:
        return uow.new(Imported, kind=kind, key=key, digest=digest, record_id=result.id[:26])
    uow.touch(before, digest=digest, record_id=result.id[:26])
    return before


def _named(result: Result, first: bool) -> str:
    """added, changed or unchanged, from what the command said or from whether the row was new."""
    if isinstance(result.view, str):
        return result.view
    if isinstance(result.view, dict) and not result.view.get("changed", True):
        return "unchanged"
    if getattr(result.view, "duplicate", False):
        return "changed"
    return "added" if first else "changed"
