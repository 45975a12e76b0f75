"""`import`: files in, with a progress bar and a file of what was rejected."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.commands.opening import open_core
from bot.texts import Texts
from crm_core.api import Core
from crm_core.imports.run import peek, run_import
from crm_core.kernel.errors import Invalid


def import_file(kind: str, file: Path, mapping: Path | None, dry_run: bool, as_: str, unit: str) -> int:
    """Import a file and report; the exit code is 1 when rows were rejected."""
    if not file.is_file():
        raise Invalid("file", "error.no_such_file", path=str(file))
    core = open_core(demo=False)
    console, texts = Console(stderr=True), Texts.load()
    try:
        actor = core.actor(as_) if as_ else core.system(_tenant(core, kind, file, mapping, unit))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(kind, total=None)
            report = run_import(core, actor, kind, file, mapping=mapping, dry_run=dry_run,
                                explain=lambda key, params: texts.say(key, "zh", **params),
                                progress=lambda done, total: bar.update(task, completed=done, total=total))  # fmt: skip
    finally:
        core.close()
    verb = "would be " if dry_run else ""
    console.print(f"{report.rows} rows: {verb}added {report.added}, changed {report.changed}, "
                  f"unchanged {report.unchanged}, rejected {len(report.rejected)}")  # fmt: skip
    if report.ignored:
        console.print(f"columns nobody knows, left out: {', '.join(report.ignored)} (name them with --mapping FILE)",
                      markup=False)  # fmt: skip
    for line, key, params, _ in report.rejected[:20]:
        console.print(f"  line {line}: {texts.say(key, 'en', **params)}", markup=False)
    if report.rejected_path:
        console.print(f"rejected rows: {report.rejected_path}", markup=False)
    return 1 if report.rejected else 0


def _tenant(core: Core, kind: str, file: Path, mapping: Path | None, unit: str) -> str:
    """The deployment's group; in an empty one, the first part of the unit that is named or that staff stand in."""
    known = core.tenants()
    if known:
        return known[0]
    path = unit or (peek(kind, file, "unit", mapping) if kind == "staff" else "")
    if "." not in path:
        raise Invalid("unit", "error.no_unit_yet")
    return path.split(".")[0].lower()
