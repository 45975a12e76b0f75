"""Importing a file, batch by batch."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crm_core.imports.aces import looks_like_aces
from crm_core.imports.aces_run import KIND as ACES
from crm_core.imports.aces_run import run_aces
from crm_core.imports.columns import Matched, Sheet, match, sheet
from crm_core.imports.files import open_table
from crm_core.imports.handlers import OCCURRENCE
from crm_core.imports.messages import ImportBatch, ImportOutcome
from crm_core.imports.report import Explain, ImportReport, write_reports

__all__ = ["ACES", "KINDS", "ImportReport", "peek", "run_import"]

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.access import Actor

KINDS = ("staff", "customers", "vehicles", "stock_cars", "models", "parts", "applications", "supersessions",
         "interchanges", "aftermarket", "crossrefs", "aces", "prices", "stock", "leads", "orders", "contacts",
         "appointments")  # fmt: skip


@dataclass
class _Source:
    """The rows of a file with its headings, cut into batches that never split an order."""

    ours: Sheet
    matched: Matched
    headings: list[str]
    rows: Iterator[tuple[int, list[str]]]

    def batches(self, size: int) -> Iterator[list[tuple[int, list[str]]]]:
        batch: list[tuple[int, list[str]]] = []
        for row in self.rows:
            if len(batch) >= size and self._group(row) != self._group(batch[-1]):
                yield batch
                batch = []
            batch.append(row)
        if batch:
            yield batch

    def _group(self, row: tuple[int, list[str]]) -> object:
        return self.named(row[1]).get(self.ours.group) if self.ours.group else row[0]

    def named(self, cells: list[str]) -> dict[str, str]:
        """Our columns of a row; empty cells are left out."""
        return {
            name: cells[at] for at, name in self.matched.positions.items() if at < len(cells) and cells[at]
        }

    def has_too_many(self, cells: list[str]) -> bool:
        return any(cell.strip() for cell in cells[len(self.headings) :])


def peek(kind: str, path: Path, column: str, mapping: Path | None = None) -> str:
    """The first value of one of our columns in a file; empty when there is none. Raises as `run_import`."""
    ours, table = sheet(kind), open_table(path)
    headings = next(table.rows, (0, []))[1]
    source = _Source(ours, match(headings, ours, mapping), headings, table.rows)
    values = (source.named(cells).get(column, "") for _, cells in source.rows)
    return next(filter(None, values), "")


def run_import(
    core: Core, actor: Actor, kind: str, path: Path, *, mapping: Path | None = None, dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None, batch: int = 500, explain: Explain | None = None,
    names: Path | None = None,
) -> ImportReport:  # fmt: skip
    """Import a CSV or XLSX file, or an ACES XML file, as the actor; the same file again changes nothing.

    An ACES file is one whatever `kind` says of catalogues; `names` are the names of its ids (see `run_aces`).
    `mapping` is a YAML file of their headings → our columns. `progress` hears (rows done, about how many
    there are). `explain` turns a text key with parameters into the reason written beside rejected rows.
    Raises Invalid when the file or its columns cannot be used (nothing was changed then), Refused when the
    actor may not import.
    """
    if kind in (ACES, "applications", "") and (kind == ACES or looks_like_aces(path)):
        return run_aces(core, actor, path, names=names, dry_run=dry_run, progress=progress, explain=explain)
    ours, table = sheet(kind), open_table(path)
    headings = next(table.rows, (0, []))[1]
    source = _Source(ours, match(headings, ours, mapping), headings, table.rows)
    report = ImportReport(kind, ignored=source.matched.ignored, dry_run=dry_run)
    seen: Counter[str] = Counter()
    for rows in source.batches(batch):
        _run_batch(core, actor, source, rows, seen, report)
        if progress is not None:
            progress(report.rows, max(table.total - 1, report.rows))
    if not dry_run:
        write_reports(path, source.headings, report, explain)
    return report


def _run_batch(
    core: Core, actor: Actor, source: _Source, rows: list[tuple[int, list[str]]], seen: Counter[str],
    report: ImportReport,
) -> None:  # fmt: skip
    cells = dict(rows)
    sent = []
    for line, texts in rows:
        if source.has_too_many(texts):
            report.rejected.append(
                (line, "error.import_too_many_cells", {"limit": len(source.headings)}, texts)
            )
        else:
            sent.append((line, _numbered(source.named(texts), seen)))
    command = ImportBatch(kind=report.kind, rows=tuple(sent))
    result = core.preview(command, actor).result if report.dry_run else core.execute(command, actor)
    outcome: ImportOutcome = result.view
    report.rows += len(rows)
    report.count(outcome)
    report.rejected += [(r.line, r.key, r.params, cells[r.line]) for r in outcome.rejected]


def _numbered(row: dict[str, str], seen: Counter[str]) -> dict[str, str]:
    """The second of two equal rows says that it is the second: the file's twin is not the last run's row."""
    digest = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]
    seen[digest] += 1
    return row if seen[digest] == 1 else row | {OCCURRENCE: str(seen[digest])}
