"""`import`: files in, with a progress bar and a file of what was rejected."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.commands.opening import open_core
from bot.texts import Texts
from crm_core.api import Core
from crm_core.imports.aces import looks_like_aces
from crm_core.imports.run import ACES, KINDS, ImportReport, peek, run_import
from crm_core.kernel.errors import Invalid

SHOWN = 20


def import_file(
    kind: str, file: Path | None, mapping: Path | None, names: Path | None, dry_run: bool, as_: str, unit: str
) -> int:
    """Import a file and report; the exit code is 1 when rows were rejected. An ACES file needs no kind."""
    if file is None:
        kind, file = ACES if looks_like_aces(Path(kind)) else "", Path(kind)
        if not kind and not file.is_file():
            raise Invalid("kind", "error.import_kind", value=str(file), known=", ".join(KINDS))
    for path in (file, names):
        if path is not None and not path.is_file():
            raise Invalid("file", "error.no_such_file", path=str(path))
    core = open_core(demo=False)
    console, texts = Console(stderr=True), Texts.load()
    try:
        actor = core.actor(as_) if as_ else core.system(_tenant(core, kind, file, mapping, unit))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(kind, total=None)
            report = run_import(core, actor, kind, file, mapping=mapping, names=names, dry_run=dry_run,
                                explain=lambda key, params: texts.say(key, "zh", **params),
                                progress=lambda done, total: bar.update(task, completed=done, total=total))  # fmt: skip
    finally:
        core.close()
    _tell(report, console, texts)
    return 1 if report.rejected else 0


def _tell(report: ImportReport, console: Console, texts: Texts) -> None:
    """The counts, the first rejected rows and contradictions, and where all of them are."""
    verb = "would be " if report.dry_run else ""
    removed = f", removed {report.removed}" if report.removed else ""
    console.print(f"{report.rows} rows: {verb}added {report.added}, changed {report.changed}, "
                  f"unchanged {report.unchanged}{removed}, rejected {len(report.rejected)}")  # fmt: skip
    if report.ignored:
        console.print(f"columns nobody knows, left out: {', '.join(report.ignored)} (name them with --mapping FILE)",
                      markup=False)  # fmt: skip
    for line, key, params, _ in report.rejected[:SHOWN]:
        console.print(f"  line {line}: {texts.say(key, 'en', **params)}", markup=False)
    if report.rejected_path:
        console.print(f"rejected rows: {report.rejected_path}", markup=False)
    if report.contradictions:
        console.print(
            f"the catalogue says both yes and no in {len(report.contradictions)} cases:", markup=False
        )
    for case in list(report.contradictions.values())[:SHOWN]:
        console.print(f"  {case.oe} on {case.model}: fits {case.yes}, does not fit {case.no}", markup=False)
    if report.contradictions_path:
        console.print(f"contradictions: {report.contradictions_path}", markup=False)


def _tenant(core: Core, kind: str, file: Path, mapping: Path | None, unit: str) -> str:
    """The deployment's group; in an empty one, the first part of the unit that is named or that staff stand in."""
    known = core.tenants()
    if known:
        return known[0]
    path = unit or (peek(kind, file, "unit", mapping) if kind == "staff" else "")
    if "." not in path:
        raise Invalid("unit", "error.no_unit_yet")
    return path.split(".")[0].lower()
