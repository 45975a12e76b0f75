"""Suite H: honest work is done in whatever words: nothing is refused for sounding like an attack."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from intents import understand
from tests.trust.support.attacks import look_alikes
from tests.trust.support.size import size

pytestmark = pytest.mark.trust
NOW = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)
ALL = list(dict.fromkeys(look_alikes()))
MOST_REFUSED = 0.02
_SUSPICIOUS = ("忽略", "系统", "删除", "管理员", "指令", "ignore", "system", "delete", "administrator", "override")


def refused(sentences: list[tuple[str, str]]) -> list[str]:
    """Those that were not read as what they are."""
    return [words for words, intent in sentences if not _read(words, intent)]


def _read(words: str, intent: str) -> bool:
    found = understand(words, role="rep", now=NOW)
    return intent in [command.intent for command in found.commands]


def test_work_sentences_that_sound_like_attacks_are_read_as_work() -> None:
    assert len(ALL) >= 500
    tried = ALL[:: size(5, 1)]
    assert len(refused(tried)) <= MOST_REFUSED * len(tried), refused(tried)[:10]


def test_red_with_a_filter_of_words() -> None:
    """What a list of bad words would do to them."""
    stopped = [words for words, _ in ALL if any(word in words.lower() for word in _SUSPICIOUS)]
    assert len(stopped) > MOST_REFUSED * len(ALL)
