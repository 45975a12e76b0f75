"""Where the ranker keeps what it learnt, and which sentence vectors it may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Encoder = Callable[[Sequence[str]], Any]


@dataclass(slots=True)
class Config:
    cache_dir: Path
    embeddings: bool | str = "use"
    encoders: dict[str, Encoder] = field(default_factory=dict)


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chexin" / "intents"


_config = Config(_user_cache())


def configure(
    cache_dir: Path | str | None = None, *, embeddings: bool | str | None = None,
    encoders: Mapping[str, Encoder] | None = None,
) -> None:  # fmt: skip
    """Set the cache directory and the sentence vectors the ranker adds to characters (`ExampleClassifier`).

    `encoders` are models the process holds already (`use`, `e5`: texts → one unit vector a row), so that none is
    loaded twice.
    """
    if cache_dir is not None:
        _config.cache_dir = Path(cache_dir)
    if embeddings is not None:
        _config.embeddings = embeddings
    if encoders is not None:
        _config.encoders = dict(encoders)


def current() -> Config:
    return _config
