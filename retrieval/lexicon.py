"""The workshop lexicon: what people say at the counter → concepts shared by Chinese and English."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from retrieval.data import load_yaml
from retrieval.text import latin_words, tokens


@dataclass(frozen=True, slots=True)
class Mention:
    """One concept found in a text; `words` are the characters at `start` that named it."""

    concept: str
    words: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.words)


@dataclass(slots=True)
class Lexicon:
    """Concepts by their words. Build it with `Lexicon.load`, or from a mapping in the same form."""

    standard: dict[str, dict[str, str]] = field(default_factory=dict)  # concept → language → standard word
    _zh: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _en: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=lambda: defaultdict(list))
    _rivals: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> Lexicon:
        data = load_yaml("lexicon.yaml") if path is None else load_yaml(path)
        return cls.of(data["concepts"], data.get("confusable", ()))

    @classmethod
    def with_own(cls, concepts: Mapping[str, Mapping[str, Iterable[str]]], confusable: Iterable[Iterable[str]]) -> Lexicon:
        """The shipped lexicon with further words; what ships keeps its standard words."""
        data = load_yaml("lexicon.yaml")
        joined = {concept: {lang: list(said) for lang, said in words.items()} for concept, words in data["concepts"].items()}
        for concept, words in concepts.items():
            known = joined.setdefault(concept, {})
            for lang, said in words.items():
                own = known.setdefault(lang, [])
                own += [word for word in said if word not in own]
        whole = {concept: {lang: said for lang, said in words.items() if said} for concept, words in joined.items()}
        return cls.of(whole, [*data.get("confusable", ()), *confusable])

    @classmethod
    def of(
        cls, concepts: Mapping[str, Mapping[str, Iterable[str]]], confusable: Iterable[Iterable[str]] = ()
    ) -> Lexicon:
        """A lexicon from `{concept: {"zh": [words], "en": [words]}}` and groups of confusable concepts."""
        made = cls()
        for concept, words in concepts.items():
            made.standard[concept] = {lang: next(iter(said), "") for lang, said in words.items()}
            for word in (word for said in words.values() for word in said):
                made._add(concept, unicodedata.normalize("NFKC", str(word)).lower())
        for group in map(frozenset, confusable):
            for concept in group:
                made._rivals[concept] = made._rivals.get(concept, frozenset()) | (group - {concept})
        for zh in made._zh.values():
            zh.sort(key=lambda entry: -len(entry[0]))
        for en in made._en.values():
            en.sort(key=lambda entry: -len(entry[0]))
        return made

    def _add(self, concept: str, word: str) -> None:
        if word.isascii():
            said = tuple(stemmed for stemmed, _, _ in latin_words(word))
            if said:
                self._en[said[0]].append((said, concept))
        else:
            self._zh[word[0]].append((word, concept))

    def mentions(self, text: str) -> list[Mention]:
        """Concepts named in `text`, the longest word at each place, in order."""
        low = unicodedata.normalize("NFKC", text).lower()
        return sorted(self._chinese(low) + self._english(low), key=lambda mention: mention.start)

    def _chinese(self, low: str) -> list[Mention]:
        found: list[Mention] = []
        at = 0
        while at < len(low):
            for word, concept in self._zh.get(low[at], ()):
                if low.startswith(word, at):
                    found.append(Mention(concept, word, at))
                    at += len(word) - 1
                    break
            at += 1
        return found

    def _english(self, low: str) -> list[Mention]:
        words = latin_words(low)
        found: list[Mention] = []
        at = 0
        while at < len(words):
            step = 1
            for said, concept in self._en.get(words[at][0], ()):
                if tuple(stemmed for stemmed, _, _ in words[at : at + len(said)]) == said:
                    start, end = words[at][1], words[at + len(said) - 1][2]
                    found.append(Mention(concept, low[start:end], start))
                    step = len(said)
                    break
            at += step
        return found

    def concepts(self, text: str) -> list[str]:
        return [mention.concept for mention in self.mentions(text)]

    def tokens(self, text: str) -> list[str]:
        """Search tokens of `text` with one token for each concept named in it."""
        return tokens(text) + [f"c:{concept}" for concept in self.concepts(text)]

    def rewrite(self, text: str) -> str:
        """`text` with slang replaced by the standard Chinese word (刹车皮 → 刹车片); English is kept."""
        low = unicodedata.normalize("NFKC", text)
        for mention in reversed(self._chinese(low.lower())):
            word = self.standard[mention.concept].get("zh", mention.words)
            low = low[: mention.start] + word + low[mention.start + len(mention.words) :]
        return low

    def rivals(self, concept: str) -> frozenset[str]:
        """Concepts easily mistaken for this one."""
        return self._rivals.get(concept, frozenset())


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships with the package, with the deployment's own words."""
    return Lexicon.load() if _own is None else Lexicon.with_own(*_own)


Concepts = Mapping[str, Mapping[str, Iterable[str]]]
_own: tuple[Concepts, Iterable[Iterable[str]]] | None = None


def configure(concepts: Concepts, confusable: Iterable[Iterable[str]] = ()) -> None:
    """From now on `lexicon()` knows these words, too; none take earlier ones back."""
    global _own
    _own = (concepts, tuple(map(tuple, confusable))) if concepts or confusable else None
    lexicon.cache_clear()
