"""No text makes one of our regular expressions slow: each is tried with ten thousand characters made against it."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from bot.channels.webchat.talk import MAX_TEXT
from intents.normalize import MAX_CHARS, readable
from tests.trust.support.patterns import Pattern, patterns, scanned, slow_texts
from tests.trust.support.size import size

pytestmark = pytest.mark.trust
# Seconds of a processor's time for one text; the best of three tries, since others use this machine too.
MOST = 0.05
# What words are read with sees no more of them than this; figures are read in messages and pieces of documents.
LENGTH = {"intents/": MAX_CHARS, "retrieval/figures.py": MAX_TEXT}
LONG = 10_000
# Looked for only in a few words that another pattern found, or where a text begins.
SHORT = ("intents/entities/time_zh_words.py", "intents/entities/time_en_read.py", "intents/guards.py", "bot/commands/")
# Before these look, numbers without an end are blanked.
BLANKED = "intents/entities/"


class TooSlow(Exception):
    """It did not end in time."""


@pytest.fixture(autouse=True)
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, ring)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def worst(pattern: Pattern, length: int) -> float:
    """The longest that any text took."""
    compiled = re.compile(pattern.pattern, pattern.flags)
    find = compiled.search if scanned(pattern) else compiled.fullmatch
    slowest = 0.0
    texts = slow_texts(pattern, length)
    for text in map(readable, texts) if pattern.where.startswith(BLANKED) else texts:
        took = min(_timed(find, text) for _ in range(3)) if _timed(find, text) > MOST / 2 else 0.0
        slowest = max(slowest, took)
        if slowest > MOST:
            return slowest
    return slowest


def _timed(find: object, text: str) -> float:
    signal.setitimer(signal.ITIMER_VIRTUAL, 1.0)
    began = time.process_time()
    try:
        find(text)  # type: ignore[operator]
    except TooSlow:
        return 1.0
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - began


def length_of(pattern: Pattern) -> int:
    return next((length for room, length in LENGTH.items() if pattern.where.startswith(room)), LONG)


def test_each_of_our_patterns() -> None:
    found = patterns()
    assert len(found) > 500
    tried = [one for one in found if not one.where.startswith(SHORT)]
    slow = {f"{one.where} {one.pattern[:60]}": took for one in tried[:: size(12, 1)]
            if (took := worst(one, length_of(one))) > MOST}  # fmt: skip
    assert slow == {}


@pytest.mark.parametrize("bad", [r"^(?:\+?86[- ]?)?(\d+[- ]?)+$", r"[零一二三]+[零一二三]*(?=元)"])
def test_red_with_a_pattern_that_tries_everything(bad: str) -> None:
    assert worst(Pattern("", bad, 0), 2_000) > MOST
