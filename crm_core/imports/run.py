"""Importing a file, batch by batch."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_core.imports.columns import Matched, Sheet, match, sheet
from crm_core.imports.files import neutral, open_table
from crm_core.imports.handlers import OCCURRENCE
from crm_core.imports.messages import ImportBatch, ImportOutcome
from crm_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.access import Actor

KINDS = ("staff", "customers", "vehicles", "stock_cars", "models", "parts", "applications", "supersessions",
         "interchanges", "aftermarket", "crossrefs", "prices", "stock", "leads", "orders", "contacts",
         "appointments")  # fmt: skip
Rejected = tuple[int, str, dict[str, Any], list[str]]
Explain = Callable[[str, dict[str, Any]], str]


@dataclass
class ImportReport:
    """What became of a file: rows read, added, changed and unchanged; `rejected` are (line, text key,
    parameters, the row as it stood); `rejected_path` is where they were written; `ignored` are headings
    nobody knows."""

    kind: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    rejected_path: Path | None = None
    ignored: tuple[str, ...] = ()
    dry_run: bool = False


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
) -> ImportReport:  # fmt: skip
    """Import a CSV or XLSX file as the actor; the same file again changes nothing.

    `mapping` is a YAML file of their headings → our columns. `progress` hears (rows done, about how many
    there are). `explain` turns a text key with parameters into the reason written beside rejected rows.
    Raises Invalid when the file or its columns cannot be used (nothing was changed then), Refused when the
    actor may not import.
    """
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
        _write_rejected(path, source.headings, report, explain)
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
    report.added += outcome.added
    report.changed += outcome.changed
    report.unchanged += outcome.unchanged
    report.rejected += [(r.line, r.key, r.params, cells[r.line]) for r in outcome.rejected]


def _numbered(row: dict[str, str], seen: Counter[str]) -> dict[str, str]:
    """The second of two equal rows says that it is the second: the file's twin is not the last run's row."""
    digest = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]
    seen[digest] += 1
    return row if seen[digest] == 1 else row | {OCCURRENCE: str(seen[digest])}


def _write_rejected(path: Path, headings: list[str], report: ImportReport, explain: Explain | None) -> None:
    """`<name>.rejected.csv` beside the file: its columns, the line and the reason. None: no file is left."""
    target = path.with_name(f"{path.stem}.rejected.csv")
    if not report.rejected:
        target.unlink(missing_ok=True)
        return
    report.rejected.sort(key=lambda item: item[0])
    try:
        with target.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow([*headings, "line", "reason"])
            for line, key, params, cells in report.rejected:
                padded = [*cells, *[""] * (len(headings) - len(cells))]
                reason = explain(key, params) if explain else _plain_reason(key, params)
                writer.writerow([*map(neutral, padded[: len(headings)]), line, neutral(reason)])
    except OSError as error:
        raise Invalid("file", "error.import_no_rejected", value=target.name) from error
    report.rejected_path = target


def _plain_reason(key: str, params: dict[str, Any]) -> str:
    said = ", ".join(f"{name}={value}" for name, value in params.items() if value not in (None, ""))
    return f"{key.removeprefix('error.')}: {said}" if said else key.removeprefix("error.")
