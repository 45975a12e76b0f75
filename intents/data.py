"""YAML of this room, read once, with the line of every key and item for error messages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
LANGUAGES = ("zh", "en")


class DataError(ValueError):
    """A mistake in a data file; the message starts with `file:line`."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{relative(path)}:{line}: {problem}")


def relative(path: Path) -> str:
    return path.relative_to(ROOT.parent).as_posix() if path.is_relative_to(ROOT.parent) else path.as_posix()


@cache
def _loader() -> Any:
    """A safe loader that reads yes, no, on, off as the words they are here."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    plain = {
        first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:bool"]
        for first, rules in base.yaml_implicit_resolvers.items()
    }
    return type("WordLoader", (base,), {"yaml_implicit_resolvers": plain})


@cache
def load(path: Path) -> Any:
    """Parse one file; raises DataError with the line of a syntax error."""
    import yaml

    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise DataError(path, mark.line + 1 if mark else 1, str(error.problem)) from error


def lists(language: str, name: str) -> Any:
    return load(ROOT / language / "lists" / f"{name}.yaml")


def sentence_files(language: str) -> list[Path]:
    return sorted((ROOT / language).glob("*.yaml"))


def lines_of(path: Path) -> dict[tuple[str | int, ...], int]:
    """Line numbers (from 1) by path of keys and indexes, for validators; slow, never on the hot path."""
    import yaml

    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    return dict(_walk(node, ())) if node else {}


def _walk(node: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    import yaml

    yield where, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*where, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*where, index))
