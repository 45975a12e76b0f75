"""Knowledge documents and their chunks: the truth behind every search index. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Event, Question, View


class ChunkIn(View):
    """A piece of a document as learnt."""

    section: str
    text: str
    position: int
    hash: str
    lang: str = "zh"
    page: int = Field(default=0, ge=0)  # 0: not known


class PublishDocument(Command):
    """Store a document and its chunks; the same source replaces the former version. Nothing changes: no-op.

    Pieces that stay the same keep their ids. `view` of the result: added, changed or unchanged.
    """

    source: str
    title: str
    audience: str
    lang: str
    chunks: tuple[ChunkIn, ...]
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    unit: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    pages: int = 0


class FindingIn(View):
    """What a reviewer should know: `hidden` text that was left out, or an `instruction` addressed to a model."""

    kind: Literal["hidden", "instruction"]
    detail: str = Field(max_length=200)
    times: int = 1


class ProposeDocument(PublishDocument):
    """Keep a document as a draft until somebody who may publish has decided: DraftView.

    An earlier draft of the same source, still waiting, is replaced. `author_id` is whose words it is, if not the
    actor's; `tell` sends the card to one who may publish, unless the actor is such a person himself.
    """

    findings: tuple[FindingIn, ...] = ()
    author_id: str = ""
    tell: bool = True


class ReviewDraft(Command):
    """Publish a draft or decline it: DraftView. `audience` and `unit` in place of the draft's own. Raises Conflict."""

    draft_id: str
    publish: bool
    audience: str | None = None


class SetDraftAudience(Command):
    """Who is to read a draft once it is published: DraftView."""

    draft_id: str
    audience: str


class DraftView(View):
    """A draft as its reviewer sees it; `added`, `removed` and `same` count pieces against the present version."""

    id: str
    title: str
    source: str
    audience: str
    unit: str
    state: str
    author_name: str
    decider_name: str = ""
    created_at: datetime
    pieces: int = 0
    pages: int = 0
    first: str = ""
    questions: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    version: int = 0  # of the document it would become
    added: int = 0
    removed: int = 0
    same: int = 0
    findings: tuple[FindingIn, ...] = ()
    may_decide: bool = False


class DraftCard(Question):
    """One draft, for its author and those who may publish: DraftView. Raises NotFound."""

    draft_id: str


class Drafts(Question):
    """Drafts that wait, oldest first, for those who may publish: list[DraftView]."""


class DocumentView(View):
    """A document as lists show it."""

    id: str
    source: str
    title: str
    audience: str
    unit: str
    version: int
    pieces: int
    pages: int
    questions: tuple[str, ...]
    valid_from: date | None
    valid_until: date | None
    updated_at: datetime


class Documents(Question):
    """The documents the actor may read, newest first, or those whose title or source hold `words`: list[DocumentView]."""

    words: str = ""
    limit: int = Field(default=50, ge=1, le=1000)


class KnowledgeOwners(Question):
    """Who may publish here, the nearest first: list[str] of names."""


class MayLearn(Question):
    """What the actor may do with a document of his: `publish`, `propose` or nothing (empty)."""


class AddExample(Command):
    """From now on this question is answered from that document: it becomes one of its example questions."""

    document_id: str
    question: str = Field(min_length=2, max_length=300)


class DropExample(Command):
    """The inverse of AddExample."""

    document_id: str
    question: str


class RemoveDocument(Command):
    """The document and its chunks go; indexes follow."""

    source: str


class KeepVectors(Command):
    """Forget kept embeddings of all other texts than these, by the hashes they were kept under: `view` is how many."""

    hashes: tuple[str, ...]


class KnowledgeChanged(Event):
    version: int


class ChunkView(View):
    """A chunk with the provenance of its document."""

    id: str
    document_id: str
    title: str
    source: str
    section: str
    text: str
    position: int
    page: int = 0
    version: int = 1
    hash: str
    lang: str
    audience: str
    unit: str
    questions: tuple[str, ...]
    tags: tuple[str, ...]
    valid_from: date | None = None
    valid_until: date | None = None


class Chunks(Question):
    """Valid chunks the actor's audiences and unit may read: list[ChunkView]. A job sees all of its tenant."""


class KnowledgeVersion(Question):
    """A number that grows with every change of this tenant's documents: int."""


class SaveVectors(Command):
    """Keep embeddings of chunks by the hash of their text, so that a restart need not compute them again.

    `vectors` are (hash, the vector as little-endian float32 bytes of `dim` numbers).
    """

    model: str
    dim: int
    vectors: tuple[tuple[str, bytes], ...]


class Vectors(Question):
    """The kept embeddings of these hashes for a model: dict[hash, bytes]. Unknown ones are absent."""

    model: str
    hashes: tuple[str, ...]
