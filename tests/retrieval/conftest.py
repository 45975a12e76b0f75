"""A vectoriser at our own port that needs no model: hashed tokens, so shared words mean nearness."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.embeddings import Block, unit
from retrieval.models import Matrix
from retrieval.text import tokens


class HashVectoriser:
    """64 columns of hashed tokens; counts the passages it was asked to embed."""

    model_id = "hash-64"
    blocks = (Block(0, 64, 1.0),)

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.embedded += texts
        return self.questions(texts)

    def questions(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in tokens(text):
                row[zlib.crc32(token.encode()) % 64] += 1
        return unit(rows)

    wordings = questions


@pytest.fixture
def vectoriser() -> HashVectoriser:
    return HashVectoriser()
