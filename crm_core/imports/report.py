"""What became of a file: counts, the rows that were not taken, and where the catalogue contradicts itself."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crm_core.fitment.messages import Contradiction
from crm_core.imports.files import neutral
from crm_core.imports.messages import ImportOutcome
from crm_core.kernel.errors import Invalid

Rejected = tuple[int, str, dict[str, Any], list[str]]
Explain = Callable[[str, dict[str, Any]], str]
MAX_CONTRADICTIONS = 10_000


@dataclass
class ImportReport:
    """What became of a file: rows read, added, changed, unchanged and removed.

    `rejected` are (line, text key, parameters, the row as it stood), `contradictions` rows of the catalogue that
    deny what others say; the paths say where both were written. `ignored` are headings nobody knows.
    """

    kind: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    rejected_path: Path | None = None
    contradictions: dict[tuple[str, str], Contradiction] = field(default_factory=dict)
    contradictions_path: Path | None = None
    ignored: tuple[str, ...] = ()
    dry_run: bool = False

    def count(self, outcome: ImportOutcome) -> None:
        """Add what became of a batch; its rejected rows are the caller's to add."""
        self.added += outcome.added
        self.changed += outcome.changed
        self.unchanged += outcome.unchanged
        self.removed += outcome.removed
        for one in outcome.contradictions:
            if len(self.contradictions) < MAX_CONTRADICTIONS:
                self.contradictions[one.yes_id, one.no_id] = one


def write_reports(path: Path, headings: Sequence[str], report: ImportReport, explain: Explain | None) -> None:
    """`<name>.rejected.csv` and `<name>.contradictions.csv` beside the file; what there is none of has no file.

    Raises Invalid when one cannot be written.
    """
    report.rejected.sort(key=lambda item: item[0])
    rejected = (
        [*(cells + [""] * (len(headings) - len(cells)))[: len(headings)], str(line),
         explain(key, params) if explain else plain_reason(key, params)]
        for line, key, params, cells in report.rejected
    )  # fmt: skip
    report.rejected_path = _write(
        path, "rejected", [*headings, "line", "reason"], rejected, bool(report.rejected)
    )
    told = ([c.oe, c.brand, c.model, c.yes, c.no] for c in report.contradictions.values())
    report.contradictions_path = _write(
        path,
        "contradictions",
        ["oe", "brand", "model", "fits", "does not fit"],
        told,
        bool(report.contradictions),
    )


def _write(path: Path, what: str, headings: list[str], rows: Iterable[list[str]], any_: bool) -> Path | None:
    target = path.with_name(f"{path.stem}.{what}.csv")
    try:
        if not any_:
            target.unlink(missing_ok=True)
            return None
        with target.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows([neutral(cell) for cell in row] for row in rows)
    except OSError as error:
        raise Invalid("file", "error.import_no_rejected", value=target.name) from error
    return target


def plain_reason(key: str, params: dict[str, Any]) -> str:
    """A reason without texts: its key and its values."""
    said = ", ".join(f"{name}={value}" for name, value in params.items() if value not in (None, ""))
    return f"{key.removeprefix('error.')}: {said}" if said else key.removeprefix("error.")
