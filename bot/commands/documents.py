"""`learn`: documents in, listed and removed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from bot.commands.learning import Report, Terms, files_of, learn_files
from bot.commands.opening import has_database, open_core
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Invalid
from crm_core.kernel.settings import Settings
from crm_core.knowledge.messages import Documents, DocumentView, RemoveDocument

_MOST_SHOWN = 50


def learn_command(paths: list[Path], terms: tuple[str, str, str, str, bool], listed: bool, removed: list[str]) -> int:
    """What the command line asks for: `terms` are audience, unit, first day, last day and whether to review."""
    if removed:
        return remove(removed)
    if listed:
        return list_documents()
    if not paths:
        raise Invalid("path", "error.empty")
    audience, unit, first, last, review = terms
    path = unit.strip().rstrip(".") + "." if unit.strip() else ""
    return learn(paths, Terms(audience, path, _day(first, "--valid-from"), _day(last, "--valid-until"), review))


def learn(paths: list[Path], terms: Terms) -> int:
    """Publish documents, or keep them as drafts; 1 when some file was rejected. A running server picks them up."""
    core, console = _opened(), Console(stderr=True)
    try:
        actor = _system(core)
        files = files_of(paths)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("learning", total=len(files))
            report = learn_files(core, actor, files, terms, lambda: bar.advance(task))
    finally:
        core.close()
    _tell(console, report)
    return 1 if report.rejected or not report.files else 0


def _tell(console: Console, report: Report) -> None:
    counts = report.outcomes
    console.print(f"{report.files} files read: added {counts['added']}, changed {counts['changed']}, unchanged "
                  f"{counts['unchanged']}, drafts {counts['draft']}, rejected {len(report.rejected)}; "
                  f"{report.pieces} pieces", highlight=False, soft_wrap=True)  # fmt: skip
    if counts["added"] or counts["changed"]:
        console.print("found by their words at once; by their meaning when a running server has read them, or after "
                      "`run_bot.py reindex`", soft_wrap=True)  # fmt: skip
    if counts["draft"]:
        console.print("drafts wait for whoever looks after the knowledge base; the card is in that person's chat",
                      soft_wrap=True)  # fmt: skip
    for name in report.hidden[:_MOST_SHOWN]:
        console.print(f"  {name}: look at it once more (--review shows what): hidden text was left out, or lines read "
                      "like instructions to a machine", markup=False, highlight=False, soft_wrap=True)  # fmt: skip
    texts = Texts.load()
    for name, key, params in report.rejected[:_MOST_SHOWN]:
        why = texts.say(key, "en", **params)
        console.print(f"  {name}: {why}", markup=False, highlight=False, soft_wrap=True)


def list_documents() -> int:
    """Every document with its version, as a table."""
    core = _opened()
    try:
        found: list[DocumentView] = core.ask(Documents(limit=1000), _system(core))
    finally:
        core.close()
    table = Table(box=None, pad_edge=False)
    for name in ("source", "title", "audience", "unit", "valid", "version", "pieces", "changed"):
        table.add_column(name, overflow="fold", no_wrap=name in ("audience", "version", "pieces", "changed"),
                         justify="right" if name in ("version", "pieces") else "left")  # fmt: skip
    for one in found:
        table.add_row(one.source, one.title, one.audience, one.unit or "-", _span(one.valid_from, one.valid_until),
                      str(one.version), str(one.pieces), f"{one.updated_at:%Y-%m-%d}")  # fmt: skip
    console = Console()
    console.print(table, markup=False)
    console.print(f"{len(found)} documents")
    return 0


def _span(start: date | None, end: date | None) -> str:
    return f"{start or ''}..{end or ''}" if start or end else "-"


def remove(sources: list[str]) -> int:
    """Remove documents by their sources as `--list` shows them, with their vectors."""
    core, console = _opened(), Console(stderr=True)
    try:
        actor = _system(core)
        for source in sources:
            core.execute(RemoveDocument(source=source), actor)
            console.print(f"removed: {source}", markup=False, highlight=False)
        _forget(core, actor.tenant)
    finally:
        core.close()
    return 0


def _forget(core: Core, tenant: str) -> None:
    """The vectors in the database at once; those of the index at once where no server holds it, which else does."""
    from bot.conversation.brain import Rooms
    from bot.settings import BotSettings

    settings = BotSettings()
    rooms = Rooms(core, core.settings.data_dir / "index", chroma_url=settings.chroma_url, embeddings=settings.embeddings)
    try:
        rooms.forget(tenant)
    finally:
        rooms.close()


def _opened() -> Core:
    """The deployment. Nothing is begun by learning: where there is no database yet, there is nobody to learn for."""
    if not has_database(Settings()):
        raise Invalid("tenant", "error.no_unit_yet")
    return open_core()


def _system(core: Core) -> Actor:
    tenants = core.tenants()
    if not tenants:
        raise Invalid("tenant", "error.no_unit_yet")
    return core.system(tenants[0])


def _day(text: str, option: str) -> date | None:
    """A date of the command line. Raises Invalid."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(option, "error.invalid") from None
