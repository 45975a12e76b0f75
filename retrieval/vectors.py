"""Cached vectors, and exact nearest neighbours over vectors held in memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.models import Matrix
from retrieval.store import ChunkRow, Scope, VectorCache, content_hash

if TYPE_CHECKING:
    from retrieval.embeddings import Vectoriser

Progress = Callable[[int, int], None]  # texts done, texts in all
_AT_ONCE = 64  # texts embedded between two savings
_SCOPES = 64  # scopes remembered


@dataclass(frozen=True, slots=True)
class Face:
    """One text a piece is found by."""

    key: str
    row: ChunkRow
    text: str

    @property
    def is_text(self) -> bool:
        """Whether this is the piece itself, not one of its example questions."""
        return self.key.endswith("#0")


def faces_of(rows: Sequence[ChunkRow]) -> list[Face]:
    return [Face(f"{row.id}#{number}", row, text) for row in rows for number, text in enumerate(row.faces)]


class VectorIndex(Protocol):
    """Nearest faces by cosine, under a scope that is part of the query."""

    def nearest(self, vector: Matrix, scope: Scope, count: int) -> dict[str, float]:
        """Up to `count` face keys with their cosine."""

    def among(self, vector: Matrix, scope: Scope, keys: Sequence[str]) -> dict[str, float]:
        """Cosines of these faces; keys outside the scope or unknown are absent."""


class NumpyVectors:
    """Exact search over a matrix: what a process does that does not own the embedded Chroma."""

    def __init__(self, faces: Sequence[Face], matrix: Matrix) -> None:
        self._faces = list(faces)
        self._matrix = matrix
        self._at = {face.key: at for at, face in enumerate(self._faces)}
        self._seen: dict[Scope, NDArray[np.intp]] = {}

    def _admitted(self, scope: Scope) -> NDArray[np.intp]:
        """The places of the faces a scope may see; asked of each face once."""
        if scope not in self._seen:
            if len(self._seen) >= _SCOPES:
                self._seen.clear()
            self._seen[scope] = np.flatnonzero([scope.admits(face.row) for face in self._faces])
        return self._seen[scope]

    def nearest(self, vector: Matrix, scope: Scope, count: int) -> dict[str, float]:
        seen = self._admitted(scope)
        if not len(seen) or count < 1:
            return {}
        scores = self._matrix[seen] @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return {self._faces[seen[at]].key: float(scores[at]) for at in best}

    def among(self, vector: Matrix, scope: Scope, keys: Sequence[str]) -> dict[str, float]:
        seen = [self._at[key] for key in keys if key in self._at]
        seen = [at for at in seen if scope.admits(self._faces[at].row)]
        return {self._faces[at].key: float(self._matrix[at] @ vector) for at in seen}


class FileVectorCache:
    """Vectors in one `.npz` (arrays `keys` and `vectors`, float16), read on first use.

    Made to ship with documents, so that they are searchable at the first start without embedding them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: dict[str, Matrix] | None = None

    def _all(self) -> dict[str, Matrix]:
        if self._held is None:
            self._held = self._read() if self.path.exists() else {}
        return self._held

    def _read(self) -> dict[str, Matrix]:
        with np.load(self.path, allow_pickle=False) as data:
            rows = data["vectors"].astype(np.float32)
            return {str(key): row for key, row in zip(data["keys"], rows, strict=True)}

    def vectors(self, hashes: Sequence[str]) -> dict[str, Matrix]:
        held = self._all()
        return {key: held[key] for key in hashes if key in held}

    def save_vectors(self, vectors: Mapping[str, Matrix]) -> None:
        """Add vectors and write the file anew; a reader sees the old file or the new one, never half."""
        held = {**self._all(), **vectors}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.path.parent, suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as file:
                rows = np.vstack(list(held.values())) if held else np.empty((0, 0))
                np.savez_compressed(file, keys=np.array(list(held)), vectors=rows.astype(np.float16))
            os.replace(draft, self.path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        self._held = held


class EmbeddingCache:
    """Passage vectors from several caches in turn; what none has is embedded only when asked to be."""

    def __init__(self, vectoriser: Vectoriser, *caches: VectorCache) -> None:
        self.vectoriser = vectoriser
        self._caches = caches  # the last one is written to

    def known(self, texts: Sequence[str]) -> dict[str, Matrix]:
        """Cached vectors by text; never loads a model."""
        wanted = {content_hash(self.vectoriser.model_id, text): text for text in texts}
        found: dict[str, Matrix] = {}
        for cache in self._caches:
            missing = [key for key in wanted if wanted[key] not in found]
            if not missing:
                break
            found.update({wanted[key]: row for key, row in cache.vectors(missing).items()})
        return found

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> dict[str, Matrix]:
        """Vectors of all texts by text. New ones are saved as they come, so that a kill loses a batch at most.

        `progress` is told how many of all texts are done.
        """
        found = self.known(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        total = len(found) + len(missing)
        for start in range(0, len(missing), _AT_ONCE):
            if progress is not None:
                progress(len(found), total)
            part = missing[start : start + _AT_ONCE]
            fresh = dict(zip(part, self.vectoriser.passages(part), strict=True))
            if self._caches:
                name = self.vectoriser.model_id
                self._caches[-1].save_vectors({content_hash(name, t): row for t, row in fresh.items()})
            found.update(fresh)
        if progress is not None:
            progress(total, total)
        return found
