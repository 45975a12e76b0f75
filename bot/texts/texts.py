"""The catalogue of texts, read once, and its validator."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("zh", "en")
HERE = Path(__file__).parent
_PLURALS = (".one", ".other")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Texts:
    """Texts by key and language. Reading the files costs some milliseconds; keep one instance."""

    def __init__(self, directory: Path = HERE) -> None:
        self._texts = {language: _flat(directory / f"{language}.yaml") for language in LANGUAGES}

    @staticmethod
    @cache
    def load() -> Texts:
        """The texts shipped with Chexin, read once."""
        return Texts()

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, in the order of the file."""
        return [key for key in self._texts["zh"] if key.startswith(prefix)]

    def has(self, key: str, lang: str = "zh") -> bool:
        """Whether a text of this key exists."""
        return key in self._texts[_known(lang)]

    def say(self, key: str, lang: str, /, **params: Any) -> str:
        """The text with its placeholders filled. Raises KeyError for an unknown key or a missing value.

        A text with the forms `one` and `other` is chosen by the parameter `n`.
        """
        table = self._texts[_known(lang)]
        template = table.get(key)
        if template is None and key.startswith("error."):
            return self.try_say("error.unknown", lang, params) or key
        if template is None:
            template = table[f"{key}.one" if params["n"] == 1 else f"{key}.other"]
        return template.format_map(params) if "{" in template else template

    def try_say(self, key: str, lang: str, params: dict[str, Any]) -> str | None:
        """The text, with what is not given left empty; None when there is no such key."""
        template = self._texts[_known(lang)].get(key)
        return None if template is None else template.format_map(_Lenient(params)).strip()

    def under(self, prefix: str, lang: str) -> list[str]:
        """The texts whose keys begin with `prefix.`, in the order of the file."""
        return [text for key, text in self._texts[_known(lang)].items() if key.startswith(f"{prefix}.")]


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _known(lang: str) -> str:
    return lang if lang in LANGUAGES else "zh"


def _flat(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as file:
        document = yaml.load(file, Loader=_Loader)
    found: dict[str, str] = {}
    _walk(document or {}, "", found)
    return found


def _walk(node: dict[str, Any], prefix: str, found: dict[str, str]) -> None:
    for key, value in node.items():
        if isinstance(value, dict):
            _walk(value, f"{prefix}{key}.", found)
        else:
            found[f"{prefix}{key}"] = str(value)


def problems(directory: Path = HERE) -> list[str]:
    """What is wrong with the texts, as `file:line: what`; empty when all is well."""
    read = {language: _positions(directory / f"{language}.yaml") for language in LANGUAGES}
    return [
        *_missing(read["zh"], read["en"], directory / "en.yaml", directory / "zh.yaml"),
        *_missing(read["en"], read["zh"], directory / "zh.yaml", directory / "en.yaml"),
        *_different(read["zh"], read["en"], directory / "en.yaml"),
    ]


Placed = dict[str, tuple[str, int]]


def _positions(path: Path) -> Placed:
    """Every key with its text and line; the same key twice is reported by `_Duplicate`."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    found: Placed = {}
    if isinstance(node, yaml.MappingNode):
        _collect(node, "", found, path)
    return found


def _collect(node: yaml.MappingNode, prefix: str, found: Placed, path: Path) -> None:
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        if isinstance(value, yaml.MappingNode):
            _collect(value, f"{name}.", found, path)
        elif name in found:
            found[f"{name} (twice)"] = (value.value, key.start_mark.line + 1)
        else:
            found[name] = (value.value, key.start_mark.line + 1)


def _missing(have: Placed, other: Placed, where: Path, source: Path) -> list[str]:
    other_keys = {_base(key) for key in other}
    return [
        f"{source}:{line}: {key} is missing in {where.name}"
        for key, (_, line) in have.items()
        if _base(key) not in other_keys
    ]


def _different(first: Placed, second: Placed, where: Path) -> list[str]:
    wanted: dict[str, set[str]] = {}
    for key, (text, _) in first.items():
        wanted.setdefault(_base(key), set()).update(placeholders(text))
    found = []
    for key, (text, line) in second.items():
        expected = wanted.get(_base(key))
        given = placeholders(text) - {"n"}
        if expected is not None and given != expected - {"n"}:
            found.append(f"{where}:{line}: {key} has {sorted(given)}, expected {sorted(expected - {'n'})}")
    return found


def _base(key: str) -> str:
    for plural in _PLURALS:
        key = key.removesuffix(plural)
    return key


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
