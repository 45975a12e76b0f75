"""Embeddings behind LangChain's interface: the bundled models, or any provider by configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings

from retrieval import models
from retrieval.models import Matrix

BUNDLED = "bundled"
_E5_SHARE, _USE_SHARE = 0.6, 0.4


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of a vector that came from one model, and that model's share of the cosine."""

    start: int
    stop: int
    share: float


class Vectoriser(Protocol):
    """Texts to float32 rows whose dot product is a weighted cosine in -1..1."""

    @property
    def model_id(self) -> str: ...

    @property
    def blocks(self) -> tuple[Block, ...]: ...

    def passages(self, texts: Sequence[str]) -> Matrix: ...

    def questions(self, texts: Sequence[str]) -> Matrix: ...

    def wordings(self, texts: Sequence[str]) -> Matrix:
        """Rows of several wordings of one question; a slow model may read the first one only."""


class BundledEmbeddings(Embeddings):
    """multilingual-e5-small and USE multilingual v3 side by side: 384 + 512 columns, no key, no network.

    The columns are scaled so that a dot product is 0.6 cos(e5) + 0.4 cos(USE); their errors are
    independent, so the two together beat each alone.
    """

    model_id: str = "e5-small-q4+use-m3:1"
    blocks: tuple[Block, ...] = (
        Block(0, models.E5_SIZE, _E5_SHARE),
        Block(models.E5_SIZE, models.E5_SIZE + models.USE_SIZE, _USE_SHARE),
    )

    def __init__(self, e5_chars: int | None = None) -> None:
        """`e5_chars`: let the slower model read only so many first characters of each passage."""
        self._e5_chars = e5_chars
        if e5_chars is not None:
            self.model_id = f"{type(self).model_id}/{e5_chars}"

    def passages(self, texts: Sequence[str]) -> Matrix:
        heads = [text[: self._e5_chars] for text in texts]
        return _beside(models.e5_passages(heads), models.use_vectors(texts))

    def questions(self, texts: Sequence[str]) -> Matrix:
        return _beside(models.e5_queries(texts), models.use_vectors(texts))

    def wordings(self, texts: Sequence[str]) -> Matrix:
        """Further wordings gain what they gain from the fast model; e5 costs ten times as much."""
        return _beside(models.e5_queries(texts[:1]).repeat(len(texts), axis=0), models.use_vectors(texts))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self.passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self.questions([text])[0]]


class FastEmbeddings(Embeddings):
    """USE alone (512 columns): 30 times cheaper on long text, for collections too large to read with e5."""

    model_id: str = "use-m3:1"
    blocks: tuple[Block, ...] = (Block(0, models.USE_SIZE, 1.0),)

    def passages(self, texts: Sequence[str]) -> Matrix:
        return models.use_vectors(texts)

    questions = wordings = passages

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self.passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self.questions([text])[0]]


class ProviderVectors:
    """Any LangChain `Embeddings` as a `Vectoriser`; rows are normalised to length one."""

    def __init__(self, embeddings: Embeddings, model_id: str) -> None:
        self.embeddings = embeddings
        self.model_id = model_id
        self.blocks: tuple[Block, ...] = ()

    def passages(self, texts: Sequence[str]) -> Matrix:
        return self._rows(self.embeddings.embed_documents(list(texts)))

    def questions(self, texts: Sequence[str]) -> Matrix:
        return self._rows([self.embeddings.embed_query(text) for text in texts])

    def wordings(self, texts: Sequence[str]) -> Matrix:
        return self.questions(texts[:1])

    def _rows(self, rows: list[list[float]]) -> Matrix:
        matrix = np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)
        self.blocks = (Block(0, matrix.shape[1], 1.0),)
        return unit(matrix)


def open_vectoriser(spec: str | None = None, **options: Any) -> Vectoriser:
    """The configured embedder: `bundled` (default), or LangChain's `provider:model` form.

    Raises ValueError naming the setting when the provider's package or key is missing.
    """
    if not spec or spec == BUNDLED:
        return BundledEmbeddings()
    from langchain.embeddings import init_embeddings

    try:
        made = init_embeddings(spec, **options)
    except (ImportError, ValueError) as error:
        raise ValueError(f"EMBEDDINGS={spec!r}: {error}") from error
    if not isinstance(made, Embeddings):
        raise ValueError(f"EMBEDDINGS={spec!r} does not name an embedding model")
    return ProviderVectors(made, spec)


def unit(matrix: Matrix) -> Matrix:
    """Rows scaled to length one; a zero row stays zero."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-9), np.float32)


def _beside(e5: Matrix, use: Matrix) -> Matrix:
    scaled = (np.sqrt(_E5_SHARE) * unit(e5), np.sqrt(_USE_SHARE) * unit(use))
    return np.hstack(scaled).astype(np.float32)
