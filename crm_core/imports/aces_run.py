"""Importing an ACES file: looked through once as a whole, then stored in batches."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_core.imports.aces import App, Document, read_aces, survey
from crm_core.imports.aces_names import AcesNames, read_names
from crm_core.imports.aces_rows import Reading
from crm_core.imports.messages import (
    CatalogueOutcome,
    CatalogueRow,
    CatalogueVehicle,
    ImportCatalogue,
    RemoveMissing,
)
from crm_core.imports.report import Explain, ImportReport, write_reports
from crm_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.access import Actor

KIND = "aces"
HEADINGS = ["app", "vehicle", "part"]
MAX_REJECTED = 100_000
Progress = Callable[[int, int], None]


@dataclass
class _Run:
    """One import under way."""

    core: Core
    actor: Actor
    reading: Reading
    source: str
    report: ImportReport
    kept: array[int] = field(default_factory=lambda: array("Q"))
    kinds: set[str] = field(default_factory=set)

    def batch(self, apps: list[App]) -> None:
        """Read and store some applications, in one transaction."""
        rows: list[CatalogueRow] = []
        vehicles: dict[str, CatalogueVehicle] = {}
        for app in apps:
            try:
                row, met = self.reading.row(app)
            except Invalid as error:
                self._reject(app.line, error.key, error.params, app.attributes.get("id", ""), "", "")
                continue
            rows.append(row)
            vehicles |= {vehicle.external_id: vehicle for vehicle in met}
        command = ImportCatalogue(source=self.source, vehicles=tuple(vehicles.values()), rows=tuple(rows))
        self._take(self._do(command), rows)
        self.report.rows += len(apps)

    def _do(self, command: Any) -> Any:
        if self.report.dry_run:
            return self.core.preview(command, self.actor).result.view
        return self.core.execute(command, self.actor).view

    def _take(self, outcome: CatalogueOutcome, rows: list[CatalogueRow]) -> None:
        self.report.count(outcome)
        self.kept.frombytes(outcome.kept)
        self.kinds.update(outcome.kinds)
        for one in outcome.rejected:
            row = rows[one.line]
            self._reject(row.line, one.key, one.params, row.ref, " ".join(row.vehicles), row.part)

    def _reject(self, line: int, key: str, params: dict[str, Any], *cells: str) -> None:
        if len(self.report.rejected) >= MAX_REJECTED:
            raise Invalid("file", "error.aces_unusable", limit=MAX_REJECTED)
        self.report.rejected.append((line, key, params, list(cells)))

    def finish(self) -> None:
        """After a whole catalogue, what it says no more goes; not when rows of it could not be read."""
        if not self.report.rejected and self.kinds:
            command = RemoveMissing(
                source=self.source, kinds=tuple(sorted(self.kinds)), kept=self.kept.tobytes()
            )
            self.report.removed += self._do(command)


def run_aces(
    core: Core, actor: Actor, path: Path, *, names: Path | None = None, dry_run: bool = False,
    progress: Progress | None = None, batch: int = 2_000, explain: Explain | None = None,
) -> ImportReport:  # fmt: skip
    """Import an ACES XML file (3.x or 4.x) as the actor; the same file again changes nothing.

    `names` is the customer's own table of names (CSV or XLSX: id, year, make, model; or table, id, name). An
    import that was cut short goes on when it is run again: what landed is passed over. A file whose header says
    FULL replaces what the same brand said before about the same kinds of parts. Raises Invalid when the file
    cannot be used (nothing was changed then), Refused when the actor may not import.
    """
    document = survey(path)
    known = read_names(names) if names else AcesNames()
    header = document.header
    whose = header.get("BrandAAIAID") or header.get("MfrCode") or header.get("Company") or path.stem
    reading = Reading(known, header.get("BrandAAIAID") or header.get("MfrCode") or header.get("Company", ""))
    report = ImportReport(KIND, dry_run=dry_run)
    run = _Run(core, actor, reading, f"ACES {whose}"[:120], report)
    for apps in _batches(read_aces(path, Document()), batch):
        run.batch(apps)
        if progress is not None:
            progress(report.rows, document.apps)
    if header.get("SubmissionType", "").upper() == "FULL":
        run.finish()
    if not dry_run:
        write_reports(path, HEADINGS, report, explain)
    return report


def _batches(apps: Iterator[App], size: int) -> Iterator[list[App]]:
    batch: list[App] = []
    for app in apps:
        batch.append(app)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
