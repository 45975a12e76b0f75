"""What retrieval asks of whoever keeps the documents, and who may see which."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from retrieval.text import Lang

if TYPE_CHECKING:
    from retrieval.models import Matrix

Audience = Literal["staff", "customer", "public"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks: one tenant, the exact units and the audiences whose documents may be seen.

    `units` are unit paths as stored on documents; "" is the whole tenant and must be listed like any
    other. An empty scope is refused, so that a forgotten filter can never mean "everything".
    """

    tenant: str
    units: tuple[str, ...]
    audiences: tuple[Audience, ...]

    def __post_init__(self) -> None:
        if not self.tenant or not self.units or not self.audiences:
            raise ValueError("a scope needs a tenant, at least one unit and at least one audience")
        unknown = set(self.audiences) - set(AUDIENCES)
        if unknown:
            raise ValueError(f"unknown audience {sorted(unknown)}; known: {', '.join(AUDIENCES)}")

    @classmethod
    def within(cls, tenant: str, unit: str, audiences: Sequence[Audience]) -> Scope:
        """The scope of somebody in `unit` (`group.region.dealer.`): it, all units above, the tenant."""
        parts = [part for part in unit.split(".") if part]
        above = tuple(".".join(parts[:end]) + "." for end in range(1, len(parts) + 1))
        return cls(tenant, ("", *above), tuple(audiences))

    def admits(self, row: ChunkRow) -> bool:
        """Whether this scope may see `row`; the object check that mirrors the store's query."""
        return row.tenant == self.tenant and row.unit in self.units and row.audience in self.audiences


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One searchable piece of a document, as the store keeps it."""

    id: str
    tenant: str
    document: str
    text: str
    title: str = ""
    section: str = ""
    position: int = 0
    page: int = 0  # 0: not known
    version: int = 0
    lang: Lang = "zh"
    audience: Audience = "staff"
    unit: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = field(default=())
    valid_from: date | None = None
    valid_until: date | None = None

    def valid_on(self, day: date | None) -> bool:
        """Whether the piece holds on `day` (both ends inclusive); None asks for no check."""
        if day is None:
            return True
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    @property
    def faces(self) -> tuple[str, ...]:
        """The texts this piece is found by: itself under its headings, and its example questions."""
        head = " ".join(dict.fromkeys(part for part in (self.title, self.section) if part))
        return (f"{head}\n{self.text}" if head else self.text, *self.questions)


def content_hash(model_id: str, text: str) -> str:
    """The key of a cached vector: the model and the exact text, nothing else."""
    return hashlib.sha256(f"{model_id}\n{text}".encode("utf-8", "replace")).hexdigest()


class VectorCache(Protocol):
    """Vectors by content hash. A missing hash is simply absent from the answer."""

    def vectors(self, hashes: Sequence[str]) -> Mapping[str, Matrix]: ...

    def save_vectors(self, vectors: Mapping[str, Matrix]) -> None: ...


class DocumentStore(VectorCache, Protocol):
    """The truth about documents. Everything in retrieval can be rebuilt from it."""

    def documents(self, scope: Scope) -> Iterable[ChunkRow]:
        """Pieces the scope may see; the scope is part of the query."""

    def all_documents(self, tenant: str) -> Iterable[ChunkRow]:
        """Every piece of a tenant: for building an index, never for answering."""

    def version(self, tenant: str) -> int | str:
        """Changes whenever a document of the tenant does; cheap enough to ask at each search."""

    def keep_vectors(self, hashes: Collection[str]) -> None:
        """Forget every vector but these: what was deleted leaves no trace in numbers either."""


class MemoryStore:
    """A `DocumentStore` in memory."""

    def __init__(self, rows: Iterable[ChunkRow] = ()) -> None:
        self._rows: list[ChunkRow] = list(rows)
        self._version = 1
        self._vectors: dict[str, Matrix] = {}

    def replace(self, rows: Iterable[ChunkRow]) -> None:
        """Put `rows` in the place of everything kept so far."""
        self._rows = list(rows)
        self._version += 1

    def documents(self, scope: Scope) -> list[ChunkRow]:
        return [row for row in self._rows if scope.admits(row)]

    def all_documents(self, tenant: str) -> list[ChunkRow]:
        return [row for row in self._rows if row.tenant == tenant]

    def version(self, tenant: str) -> int:
        return self._version

    def vectors(self, hashes: Sequence[str]) -> dict[str, Matrix]:
        return {key: self._vectors[key] for key in hashes if key in self._vectors}

    def save_vectors(self, vectors: Mapping[str, Matrix]) -> None:
        self._vectors.update(vectors)

    def keep_vectors(self, hashes: Collection[str]) -> None:
        if len({row.tenant for row in self._rows}) < 2:  # else they may be another tenant's
            self._vectors = {key: row for key, row in self._vectors.items() if key in hashes}
