"""Words to meaning, offline, in Chinese and English. Imports no other room; names are passed in.

from intents import understand
understand("给李总申请优惠8000", role="rep", now=now).commands[0].intent   # request_discount
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks import validate
    from .classifier import ExampleClassifier
    from .config import configure
    from .entities.codes import number_like
    from .entities.money import Money, parse_money
    from .entities.part import standard_part
    from .entities.timex import parse_time
    from .entities.vehicle import dealer_names
    from .recognizer import understand
    from .schema import IntentSpec, load_schema
    from .types import Candidate, Command, Context, Lexicon, Slot, Span, Understanding
    from .verdicts import read_verdict

_HOME = {
    "understand": "recognizer",
    "parse_time": "entities.timex",
    "parse_money": "entities.money",
    "Money": "entities.money",
    "ExampleClassifier": "classifier",
    "configure": "config",
    "standard_part": "entities.part",
    "read_verdict": "verdicts",
    "number_like": "entities.codes",
    "dealer_names": "entities.vehicle",
    "load_schema": "schema",
    "IntentSpec": "schema",
    "validate": "checks",
    "Candidate": "types",
    "Command": "types",
    "Context": "types",
    "Lexicon": "types",
    "Slot": "types",
    "Span": "types",
    "Understanding": "types",
}

__all__ = [
    "Candidate",
    "Command",
    "Context",
    "ExampleClassifier",
    "IntentSpec",
    "Lexicon",
    "Money",
    "Slot",
    "Span",
    "Understanding",
    "configure",
    "dealer_names",
    "load_schema",
    "number_like",
    "parse_money",
    "parse_time",
    "read_verdict",
    "standard_part",
    "understand",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Parts are imported on first use, so that importing this package costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
