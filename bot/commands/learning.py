"""From files to published documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Invalid
from crm_core.knowledge.messages import ChunkIn, PublishDocument
from retrieval.store import AUDIENCES, Audience

SUFFIXES = (".md", ".markdown", ".txt")


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The documents under these paths, in a fixed order. Raises Invalid for a path that is not there."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Invalid("path", "error.no_such_file", path=path.name)
        found += sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES) if path.is_dir() else [path]
    return found


def learn_paths(
    core: Core, actor: Actor, paths: Iterable[Path], audience: str, progress: Callable[[Path], None] | None = None
) -> tuple[int, int]:
    """Publish every document; returns (files, documents that changed)."""
    from retrieval.documents import learn

    files = files_of(paths)
    changed = 0
    for file in files:
        for document in learn(file, audience=_audience(audience)):
            command = PublishDocument(
                source=document.source, title=document.title, audience=document.audience,
                lang=document.lang, tags=tuple(document.tags), questions=tuple(document.questions),
                unit=document.unit, valid_from=document.valid_from, valid_until=document.valid_until,
                chunks=tuple(
                    ChunkIn(section=c.section, text=c.text, position=c.position, hash=c.hash, lang=c.lang)
                    for c in document.chunks
                ),
            )  # fmt: skip
            changed += not core.execute(command, actor).again
        if progress is not None:
            progress(file)
    return len(files), changed


def _audience(text: str) -> Audience:
    if text not in AUDIENCES:
        raise Invalid("--audience", "error.unknown_audience", value=text, known=", ".join(AUDIENCES))
    return text
