"""Knowledge documents and their chunks: the truth behind every search index. The public vocabulary."""

from __future__ import annotations

from datetime import date

from crm_core.kernel.registry import Command, Event, Question, View


class ChunkIn(View):
    """A piece of a document as learnt."""

    section: str
    text: str
    position: int
    hash: str
    lang: str = "zh"


class PublishDocument(Command):
    """Store a document and its chunks; the same source replaces the former version. Nothing changes: no-op."""

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


class RemoveDocument(Command):
    """The document and its chunks go; indexes follow."""

    source: str


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
