"""Policy is data, by scope: default → brand or line → region → dealer → team; the nearest wins.

A policy file is a YAML mapping. An optional `overrides` list refines it:

    overrides:
      - unit: starway.east.pudong.      # a prefix of the unit path
        set: {manager_limit: 8000}
      - line: parts
        set: {clock: calendar}

`set` replaces whole top-level keys. Files of the same name in `CHEXIN_POLICIES` replace top-level keys of the
shipped ones and add their overrides. Every error names file and line; nothing is ever evaluated.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from crm_core.kernel.errors import ConfigError

SHIPPED = Path(__file__).parent.parent / "policies"
M = TypeVar("M", bound=BaseModel)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Override:
    """Keys that hold only in a unit or a line."""

    unit: str
    line: str
    values: dict[str, Any]
    where: str
    lines: dict[tuple[str | int, ...], str] = field(default_factory=dict)

    def fits(self, unit: str, line: str) -> bool:
        return unit.startswith(self.unit) and self.line in ("", line)

    @property
    def nearness(self) -> tuple[int, int]:
        return (self.unit.count("."), 1 if self.line else 0)


@dataclass(frozen=True)
class Document:
    """One policy, merged from its files."""

    name: str
    values: dict[str, Any]
    overrides: tuple[Override, ...]
    lines: dict[tuple[str | int, ...], str]
    digest: str

    def locate(self, path: tuple[str | int, ...]) -> str:
        """`file:line` of the innermost known part of a path."""
        return _nearest(self.lines, path, f"{self.name}.yaml")


@dataclass(frozen=True)
class Resolved:
    """The values that hold in one place, and which source each key came from."""

    values: dict[str, Any]
    sources: dict[str, str]


@dataclass
class Policies:
    """All policies of a deployment."""

    extra: Path | None = None
    shipped: Path = SHIPPED
    documents: dict[str, Document] = field(default_factory=dict)
    _models: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.extra is not None and not self.extra.is_dir():
            raise ConfigError("CHEXIN_POLICIES", f"{self.extra} is not a directory")
        for name in sorted(_names(self.shipped) | (_names(self.extra) if self.extra else set())):
            self.documents[name] = self._load(name)

    def _load(self, name: str) -> Document:
        values: dict[str, Any] = {}
        overrides: list[Override] = []
        lines: dict[tuple[str | int, ...], str] = {}
        digest = hashlib.sha256()
        for root in filter(None, (self.shipped, self.extra)):
            path = root / f"{name}.yaml"
            if not path.is_file():
                continue
            loaded, marks = load_yaml(path)
            digest.update(path.read_bytes())
            overrides += _overrides(loaded.pop("overrides", []), marks, path.name)
            values |= loaded
            lines = {at: where for at, where in lines.items() if not at or at[0] not in loaded} | marks
        return Document(name, values, tuple(overrides), lines, digest.hexdigest()[:16])

    def get(self, name: str, *, unit: str = "", line: str = "") -> Resolved:
        """The policy `name` as it holds for a unit and a product line. Raises ConfigError if absent."""
        document = self.documents.get(name)
        if document is None:
            raise ConfigError(f"{name}.yaml", "this policy does not exist")
        values = dict(document.values)
        sources = {key: document.locate((key,)) for key in values}
        for override in sorted(document.overrides, key=lambda o: o.nearness):
            if override.fits(unit, line):
                values |= override.values
                sources |= dict.fromkeys(
                    override.values, f"{override.where} ({override.unit or override.line})"
                )
        return Resolved(values, sources)

    def model(self, name: str, model: type[M], *, unit: str = "", line: str = "") -> M:
        """The policy as a validated model; errors name file and line. Results are kept."""
        key = (name, unit, line)
        if key not in self._models:
            self._models[key] = self._validated(name, model, unit, line)
        found: M = self._models[key]
        return found

    def _validated(self, name: str, model: type[M], unit: str, line: str) -> M:
        resolved = self.get(name, unit=unit, line=line)
        try:
            return model.model_validate(resolved.values)
        except ValidationError as error:
            first = error.errors()[0]
            path = tuple(first["loc"])
            where = self._where(name, path, unit, line)
            raise ConfigError(where, f"{'.'.join(map(str, path))}: {first['msg']}") from error

    def _where(self, name: str, path: tuple[str | int, ...], unit: str, line: str) -> str:
        """`file:line` of a value, in the override it comes from when there is one."""
        document = self.documents[name]
        for override in sorted(document.overrides, key=lambda o: o.nearness, reverse=True):
            if override.fits(unit, line) and path and path[0] in override.values:
                return _nearest(override.lines, path, override.where)
        return document.locate(path)

    def names(self, folder: str) -> list[str]:
        """The policies of a folder, such as `sop`."""
        return [name for name in self.documents if name.startswith(f"{folder}/")]

    def all_scopes(self, name: str) -> list[tuple[str, str]]:
        """Every (unit, line) for which the policy differs; used to validate all of it at start."""
        return [("", ""), *((o.unit, o.line) for o in self.documents[name].overrides)]


def load_yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[str | int, ...], str]]:
    """A YAML mapping and the `file:line` of each of its parts. Raises ConfigError with file and line."""
    loaded, lines = _load_yaml(path, path.stat().st_mtime_ns)
    return deepcopy(loaded), dict(lines)


@lru_cache(maxsize=256)
def _load_yaml(path: Path, _stamp: int) -> tuple[dict[str, Any], dict[tuple[str | int, ...], str]]:
    text = _text(path)
    node = _compose(text, path.name)
    lines: dict[tuple[str | int, ...], str] = {}
    if node is None:
        return {}, lines
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{path.name}:1", "must be a mapping")
    try:
        _mark(node, (), path.name, lines)
    except RecursionError as error:
        raise ConfigError(f"{path.name}:1", "an alias stands for something that it is part of") from error
    try:
        loaded: dict[str, Any] = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        # Such as a date that does not exist: the text is YAML, but a value of it is none.
        raise ConfigError(_first_bad(node, path.name), str(error)) from error
    return loaded, lines


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name}:{raw[: error.start].count(10) + 1}", "is not UTF-8 text") from error


def _compose(text: str, name: str) -> yaml.Node | None:
    """libyaml reads ten times as fast; what it refuses, the other reader explains in clearer words."""
    node: yaml.Node | None
    with suppress(yaml.YAMLError):
        node = yaml.compose(text, Loader=_Loader)
        return node
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{name}:{line}", error.problem or "not valid YAML") from error
    return node


def _first_bad(node: yaml.MappingNode, name: str) -> str:
    """`file:line` of the first top-level key whose value cannot be made."""
    for key, value in node.value:
        try:
            yaml.safe_load(yaml.serialize(value))
        except (yaml.YAMLError, ValueError):
            return f"{name}:{key.start_mark.line + 1}"
    return name


def _nearest(lines: dict[tuple[str | int, ...], str], path: tuple[str | int, ...], otherwise: str) -> str:
    """The line of the innermost known part of a path."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, otherwise)


def _mark(
    node: yaml.Node, at: tuple[str | int, ...], name: str, lines: dict[tuple[str | int, ...], str]
) -> None:
    lines[at] = f"{name}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(f"{name}:{key.start_mark.line + 1}", "a key must be a word")
            if key.value in seen:
                raise ConfigError(f"{name}:{key.start_mark.line + 1}", f"{key.value!r} is given twice")
            seen.add(key.value)
            _mark(value, (*at, key.value), name, lines)
            lines[(*at, key.value)] = f"{name}:{key.start_mark.line + 1}"
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _mark(value, (*at, i), name, lines)


def _overrides(items: Any, marks: dict[tuple[str | int, ...], str], name: str) -> list[Override]:
    found = []
    if not isinstance(items or [], list):
        raise ConfigError(marks.get(("overrides",), name), "overrides must be a list")
    for i, item in enumerate(items or []):
        where = marks.get(("overrides", i), name)
        if not isinstance(item, dict) or not isinstance(item.get("set"), dict):
            raise ConfigError(where, "an override needs `set:` and `unit:` or `line:`")
        unknown = set(item) - {"unit", "line", "set"}
        if unknown or not (item.get("unit") or item.get("line")):
            raise ConfigError(where, "an override has `unit:` or `line:`, and `set:`, nothing else")
        if item.get("unit") and not str(item["unit"]).endswith("."):
            raise ConfigError(where, f"the unit {item['unit']!r} must end with a dot")
        below = ("overrides", i, "set")
        lines = {at[len(below) :]: line for at, line in marks.items() if at[: len(below)] == below}
        found.append(Override(item.get("unit", ""), item.get("line", ""), item["set"], where, lines))
    return found


def _names(root: Path) -> set[str]:
    return {str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.yaml")}
