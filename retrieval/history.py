"""What the records say about a customer: answers made of given records and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from retrieval.answer import UNKNOWN, Answer, Citation
from retrieval.data import load_yaml_once
from retrieval.lexical import LexicalIndex
from retrieval.text import MAX_QUESTION, Lang, clean, language

_LAST = 3  # records told for "what did we talk about last time"
_MATCHES = 3
_SHARE = 0.6  # a record this near the best match is told too
_COMPARED = 30  # texts whose meaning is compared, which costs some milliseconds each
_LIKE = 0.42  # below this a text is about something else
_ENOUGH = 0.25  # below this no record is about the topic


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened, as the asker may see it. `ref` is what people call it (`L-8F3K`)."""

    id: str
    kind: str
    at: datetime
    text: str
    ref: str = ""


def answer_history(
    question: str, records: Sequence[Record], lang: Lang | None = None, *, names: Sequence[str] = ()
) -> Answer:
    """Records that answer `question`, cited: the newest first, or the most relevant to its topic.

    Kinds named in the question (`data/history.yaml`: 保养, 报价, test drive, ...) narrow the records; a
    question with a topic is matched by words and by meaning; "last time" alone gives the newest contacts.
    Only `records` are read; with none that match the band is `unknown`. `names` are the words used for
    the customer, which are no topic. `lang` is kept for callers that answer in it: records are quoted.
    """
    asked = clean(question, MAX_QUESTION)
    if not asked or not records:
        return UNKNOWN
    newest = sorted(records, key=lambda record: (record.at, record.id), reverse=True)
    kinds = _kinds(asked)
    of_kind = [record for record in newest if record.kind in kinds]
    topic = _topic(asked, names)
    if not topic or (kinds and of_kind):
        chosen = of_kind if kinds else newest
        return _told(chosen[: 1 if _wants_one(asked) else _LAST], 1.0)
    scores = _match(topic, newest)
    best = max(scores)
    if best < _ENOUGH:
        return Answer("unknown", score=best)
    order = sorted(range(len(newest)), key=lambda at: -scores[at])[:_MATCHES]
    return _told([newest[at] for at in order if scores[at] >= _SHARE * best], min(1.0, best))


def most_like(question: str, texts: Sequence[str], most: int) -> tuple[int, ...]:
    """The places of up to `most` texts like a question, best first: those that share words, compared by meaning too."""
    asked = clean(question, MAX_QUESTION)
    if not asked or not texts or most < 1:
        return ()
    lang = language(asked)
    index = LexicalIndex(texts, [language(text) for text in texts])
    words = index.scores(index.question_tokens(asked), lang)
    order = sorted(range(len(texts)), key=lambda at: -words[at])[:_COMPARED]
    near = _nearness(asked, [texts[at] for at in order])
    scores = {at: 0.5 * float(words[at]) + 0.5 * like for at, like in zip(order, near, strict=True)}
    found = [at for at in sorted(order, key=lambda at: -scores[at]) if scores[at] >= _LIKE]
    return tuple(found[:most])


def _nearness(asked: str, texts: Sequence[str]) -> list[float]:
    from retrieval.models import use_vectors

    rows = use_vectors([asked, *texts])
    return [float(like) for like in np.clip(rows[1:] @ rows[0], 0, 1)]


def _told(records: Sequence[Record], score: float) -> Answer:
    if not records:
        return UNKNOWN
    pairs = tuple(
        (record.text, Citation(record.id, record.kind, record.at.isoformat(), record.ref or record.id))
        for record in records
    )
    return Answer("answer", pairs, tuple(cited for _, cited in pairs), (), score)


def _words() -> dict[str, Any]:
    words: dict[str, Any] = load_yaml_once("history.yaml")
    return words


def _kinds(asked: str) -> set[str]:
    low = asked.lower()
    return {kind for kind, said in _words()["kinds"].items() if any(word in low for word in said)}


def _wants_one(asked: str) -> bool:
    return any(word in asked.lower() for word in _words()["one"])


def _topic(asked: str, names: Sequence[str]) -> str:
    """What is left of a question when the words for asking about the past are gone."""
    low = asked.lower()
    for word in sorted(
        [*_words()["frame"], *(name.lower() for name in names if name)], key=len, reverse=True
    ):
        low = low.replace(word, " ")
    return " ".join(low.split()).strip("?？。,， ")


def _match(topic: str, records: Sequence[Record]) -> list[float]:
    """0..1 for each record: agreement in words, or in meaning where words do not meet."""
    from retrieval.models import use_vectors

    lang = language(topic)
    index = LexicalIndex([record.text for record in records], [language(record.text) for record in records])
    asked = index.question_tokens(topic)
    covered = np.array([index.coverage(asked, at) for at in range(len(records))])
    rows = use_vectors([topic, *(record.text for record in records)])
    meaning = np.clip(rows[1:] @ rows[0], 0, 1)
    words = index.scores(asked, lang) * np.sqrt(covered)
    return [float(score) for score in np.maximum(words, meaning * (0.5 + 0.5 * covered))]
