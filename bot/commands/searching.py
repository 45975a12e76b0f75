"""The search index: built ahead of need, and its marks drawn from questions of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from bot.commands.opening import open_core
from bot.conversation.brain import Rooms
from bot.settings import BotSettings
from crm_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from retrieval.knowledge import KnowledgeBase
    from retrieval.tuning import Asked


def reindex(questions: Path | None) -> int:
    """Embed what the configured model has not read yet; with `questions`, draw the marks from them."""
    core, settings = open_core(), BotSettings()
    rooms = Rooms(
        core, core.settings.data_dir / "index", chroma_url=settings.chroma_url, embeddings=settings.embeddings
    )
    console = Console(stderr=True)
    try:
        for tenant in core.tenants():
            base = rooms.knowledge_base(tenant)
            _embed(base, tenant, console)
            state = "the index is ready" if base.owns_index else "a running server picks the vectors up"
            console.print(f"{len(base.pieces(tenant))} pieces; {state}")
            if questions is not None:
                _calibrate(base, tenant, questions, console)
    finally:
        rooms.close()
        core.close()
    return 0


def _embed(base: KnowledgeBase, tenant: str, console: Console) -> None:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("embedding", total=None)
        base.refresh(tenant, lambda done, total: bar.update(task, completed=done, total=total))


def _calibrate(base: KnowledgeBase, tenant: str, path: Path, console: Console) -> None:
    from retrieval.calibration import calibration
    from retrieval.store import AUDIENCES, Scope
    from retrieval.tuning import own_marks, trials

    rows = base.pieces(tenant)
    documents = {name: row.document for row in rows for name in (Path(row.source).stem, row.source, row.title)}
    scope = Scope(tenant, tuple(sorted({"", *(row.unit for row in rows)})), AUDIENCES)
    found = own_marks(trials(base, scope, _asked(path, documents)), calibration())
    base.keep_marks(found)
    for pair, marks in found.items():
        console.print(f"{pair}: answer from {marks.answer:.2f}, ask back from {marks.did_you_mean:.2f}")
    if not found:
        console.print("too few questions to tell; the marks stay as they are")


def _asked(path: Path, documents: Mapping[str, str]) -> list[Asked]:
    """Lines of `{"q": ..., "ids": [titles, sources or file names]}`. Raises Invalid naming the line."""
    if not path.is_file():
        raise Invalid("path", "error.no_such_file", path=path.name)
    asked: list[Asked] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            asked.append((row["q"], tuple(documents[name] for name in row["ids"])))
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(f"{path.name}:{number}", "error.invalid") from error
    return asked
