"""Words, thresholds and centres: data, not code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def load_yaml(path: str | Path) -> Any:
    """Parse a YAML file; a bare name is looked up here. Raises ValueError naming the file and line."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    where = HERE / path if isinstance(path, str) else path
    try:
        return yaml.load(where.read_text(encoding="utf-8"), Loader=loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{where}: {error}") from error


@cache
def load_yaml_once(name: str) -> Any:
    """A file of this folder, parsed at its first use. Callers must not change what they get."""
    return load_yaml(name)
