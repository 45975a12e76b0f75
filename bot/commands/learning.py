"""From files to published documents, or to drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, Invalid, Unavailable
from crm_core.knowledge.messages import ChunkIn, FindingIn, ProposeDocument, PublishDocument
from retrieval.store import AUDIENCES, Audience

if TYPE_CHECKING:
    from retrieval.documents import Document


@dataclass(frozen=True)
class Terms:
    """For documents that do not say it themselves: who reads them, where, and from when until when."""

    audience: str = "staff"
    unit: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    review: bool = False


@dataclass
class Report:
    """What came of the files: `added`, `changed`, `unchanged` or `draft`, with pieces; and why others did not."""

    outcomes: Counter[str] = field(default_factory=Counter)
    pieces: int = 0
    hidden: list[str] = field(default_factory=list)
    rejected: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    @property
    def files(self) -> int:
        return self.outcomes.total() + len(self.rejected)


def files_of(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Files with the names they are kept under, in a fixed order. Raises Invalid for a path that is not there."""
    return list(_files(paths))


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    from retrieval.documents import files_below

    for path in paths:
        if not path.exists():
            raise Invalid("path", "error.no_such_file", path=path.name)
        if path.is_dir():
            yield from ((file, file.relative_to(path).as_posix()) for file in files_below(path))
        else:
            yield path, path.name


def learn_paths(core: Core, actor: Actor, paths: Iterable[Path], audience: str) -> tuple[int, int]:
    """Publish documents of our own, which need no careful reading; (files, documents that changed)."""
    from retrieval.documents import learn

    files = files_of(paths)
    changed = 0
    for file, _ in files:
        for document in learn(file, audience=audience_of(audience)):
            changed += core.execute(publishing(document), actor).view != "unchanged"
    return len(files), changed


def learn_files(
    core: Core, actor: Actor, files: Iterable[tuple[Path, str]], terms: Terms, done: Callable[[], None] = lambda: None
) -> Report:
    """Read each file apart from us, and publish it or keep it as a draft; one that is bad does not stop the others."""
    from retrieval.documents import Given, Reader, Unreadable

    given = Given(audience_of(terms.audience), terms.unit, valid_from=terms.valid_from, valid_until=terms.valid_until)
    report = Report()
    with Reader() as reader:
        for file, name in files:
            try:
                document = reader.read(_bytes(file), name, given)
                _keep(core, actor, document, terms.review, report)
            except Unavailable:
                raise
            except Unreadable as error:
                report.rejected.append((name, f"learn.bad.{error.key}", {**error.params, "why": error.message}))
            except ChexinError as error:
                report.rejected.append((name, error.key, error.params))
            done()
    return report


def _bytes(file: Path) -> bytes:
    from retrieval.documents import Unreadable
    from retrieval.documents.limits import check_size

    try:
        check_size(file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise Unreadable("broken", f"cannot be read: {error.strerror}") from error


def _keep(core: Core, actor: Actor, document: Document, review: bool, report: Report) -> None:
    command = proposing(document) if review else publishing(document)
    result = core.execute(command, actor)
    report.outcomes["draft" if review else str(result.view)] += 1
    report.pieces += len(document.chunks)
    if document.findings:
        report.hidden.append(document.source)


def publishing(document: Document) -> PublishDocument:
    """The command that publishes it."""
    return PublishDocument(
        source=document.source, title=document.title, audience=document.audience,
        lang=document.lang, tags=tuple(document.tags), questions=tuple(document.questions),
        unit=document.unit, valid_from=document.valid_from, valid_until=document.valid_until, pages=document.pages,
        chunks=tuple(
            ChunkIn(section=c.section, text=c.text, position=c.position, hash=c.hash, lang=c.lang, page=c.page)
            for c in document.chunks
        ),
    )  # fmt: skip


def proposing(document: Document) -> ProposeDocument:
    """The command that keeps it as a draft."""
    found = tuple(FindingIn(kind=f.kind, detail=f.detail, times=f.times) for f in document.findings)
    return ProposeDocument(**{**dict(publishing(document)), "findings": found})


def audience_of(text: str) -> Audience:
    """Raises Invalid for an audience nobody knows."""
    if text not in AUDIENCES:
        raise Invalid("--audience", "error.unknown_audience", value=text, known=", ".join(AUDIENCES))
    return text
