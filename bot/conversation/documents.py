"""The core's documents as the search room wants them: one tenant's pieces, their version, their vectors."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from crm_core.kernel.access import Actor
from crm_core.knowledge.messages import Chunks, ChunkView, KeepVectors, KnowledgeVersion, SaveVectors, Vectors
from retrieval.store import Audience, ChunkRow, Scope
from retrieval.text import Lang

if TYPE_CHECKING:
    from crm_core.api import Core
    from retrieval.models import Matrix

# A key of `retrieval` names the model already, so the core's own column for it holds one word.
MODEL = "content"
AT_ONCE = 400
SHIPPED = Path(__file__).parents[2] / "examples" / "dealership" / "vectors.npz"


class CoreDocuments:
    """A `DocumentStore` over the core, for one tenant. Reading costs one query; the version is cheap."""

    def __init__(self, core: Core, tenant: str) -> None:
        self._core = core
        self._system: Actor = core.system(tenant)
        # Rows of the newest version only; a scope's pieces are a filter over them.
        self._rows = lru_cache(maxsize=1)(self._read)

    def version(self, tenant: str) -> str:
        """Changes with every document, and at midnight, when what is valid may change."""
        number: int = self._core.ask(KnowledgeVersion(), self._system)
        return f"{number}:{self._core.now().date()}"

    def all_documents(self, tenant: str) -> list[ChunkRow]:
        return list(self._rows(self.version(tenant)))

    def documents(self, scope: Scope) -> list[ChunkRow]:
        return [row for row in self.all_documents(scope.tenant) if scope.admits(row)]

    def _read(self, version: str) -> tuple[ChunkRow, ...]:
        found: list[ChunkView] = self._core.ask(Chunks(), self._system)
        return tuple(_row(view, self._system.tenant) for view in found)

    def vectors(self, hashes: Sequence[str]) -> dict[str, Matrix]:
        import numpy as np

        found: dict[str, Matrix] = {}
        for start in range(0, len(hashes), AT_ONCE):
            kept: dict[str, bytes] = self._core.ask(
                Vectors(model=MODEL, hashes=tuple(hashes[start : start + AT_ONCE])), self._system
            )
            found |= {key: np.frombuffer(content, "<f4").astype(np.float32) for key, content in kept.items()}
        return found

    def save_vectors(self, vectors: Mapping[str, Matrix]) -> None:
        if not vectors:
            return
        dim = len(next(iter(vectors.values())))
        pairs = tuple((key, struct.pack(f"<{dim}f", *vector)) for key, vector in vectors.items())
        self._core.execute(SaveVectors(model=MODEL, dim=dim, vectors=pairs), self._system)

    def keep_vectors(self, hashes: Collection[str]) -> None:
        self._core.execute(KeepVectors(hashes=tuple(sorted(hashes))), self._system)


def _row(view: ChunkView, tenant: str) -> ChunkRow:
    return ChunkRow(
        id=view.id, tenant=tenant, document=view.document_id, text=view.text, title=view.title, section=view.section,
        position=view.position, page=view.page, version=view.version, lang=cast("Lang", view.lang),
        audience=cast("Audience", view.audience), unit=view.unit, source=view.source, tags=view.tags,
        questions=view.questions, valid_from=view.valid_from, valid_until=view.valid_until,
    )  # fmt: skip
