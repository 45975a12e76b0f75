"""The statistical ranker: which intents a message resembles. It proposes; it never decides a write alone."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from . import config
from .classifier import ExampleClassifier
from .data import LANGUAGES, ROOT, lists
from .mask import KINDS, MARK
from .schema import load_schema

_WORDS = {MARK[kind]: f" {kind} " for kind in KINDS}
OUTSIDE = "outside"  # the label of what is not about the business
_LEARNT = ("examples", OUTSIDE)
_VERSION = "2"
SHIPPED = ROOT / "trained"


def examples() -> list[tuple[str, str]]:
    """Masked sentences with their intents, from the examples of both languages."""
    return [
        (readable(masked), intent)
        for language in LANGUAGES
        for name in _LEARNT
        for intent, sentences in lists(language, name).items()
        for masked in sentences
    ]


def readable(masked: str) -> str:
    """Masked text with each mark as its kind's name: one form for learning and for asking."""
    for mark, word in _WORDS.items():
        masked = masked.replace(mark, word)
    return " ".join(masked.split())


@cache
def ranker() -> ExampleClassifier:
    """The trained classifier: the one that came with the examples, else one kept here, else trained now."""
    settings = config.current()
    name = name_of(settings.embeddings)
    for path in (SHIPPED / name, settings.cache_dir / name):
        try:
            return ExampleClassifier.load(path)
        except (OSError, ValueError, KeyError):
            continue
    trained = ExampleClassifier(embeddings=settings.embeddings).fit(examples())
    _keep(trained, settings.cache_dir / name)
    return trained


def name_of(embeddings: bool | str) -> str:
    """The file of the classifier trained on the examples as they are."""
    return f"ranker-{_digest(embeddings)}.npz"


def _keep(trained: ExampleClassifier, path: Path) -> None:
    try:
        trained.save(path)
    except OSError:
        return  # a read-only home costs a second at each start, nothing else


def _digest(embeddings: bool | str) -> str:
    hasher = hashlib.sha256(f"{_VERSION}:{embeddings}".encode())
    for path in sorted(p for name in _LEARNT for p in ROOT.glob(f"*/lists/{name}.yaml")):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()[:16]


def propose(masked: str, role: str, k: int = 5) -> tuple[list[tuple[str, float]], bool, float]:
    """The k likeliest intents for this role, whether the views agree, and how much of the text is known."""
    text, model = readable(masked), ranker()
    ranked = model.rank(text, 8)
    if ranked[0][0] == OUTSIDE:
        return [], True, 0.0
    allowed = [(i, p) for i, p in ranked if i != OUTSIDE and role in load_schema()[i].who]
    return allowed[:k], model.agree(text), model.knows(text)


def glance(masked: str) -> tuple[str, float]:
    """The intent that the characters alone name first, and its share; no sentence model is loaded for it."""
    return ranker().glance(readable(masked))
