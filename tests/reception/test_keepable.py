"""Whatever a platform says, it takes a form that every database keeps."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.ports import Raw
from bot.reception.post import MAX_KEY, MAX_SENDER, keepable

ANY_TEXT = st.text(st.characters(), max_size=150)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=8,
)  # fmt: skip


def raw(key: str = "m1", sender: str = "kf:c:w@d", **body: Any) -> Raw:
    return Raw("t", "kf", "c", key, sender, body)


@given(ANY_TEXT, ANY_TEXT, st.dictionaries(ANY_TEXT, JSON, max_size=3))
def test_it_can_be_kept_and_stays_as_it_is_then(key: str, sender: str, body: dict[str, Any]) -> None:
    found = keepable(Raw("t", "kf", "c", key, sender, body))
    assert len(found.key) <= MAX_KEY
    assert len(found.sender) <= MAX_SENDER
    assert "\0" not in found.key + found.sender
    (found.key + found.sender + json.dumps(found.body, ensure_ascii=False)).encode()
    assert keepable(found) is found


def test_what_can_be_kept_is_not_touched() -> None:
    given = raw(text="车信 😀\u0000", number=10**30)
    assert keepable(given) is given


def test_two_long_keys_stay_two() -> None:
    one, other = (keepable(raw(key="k" * 200 + end)) for end in "ab")
    assert one.key != other.key
    assert keepable(raw(key="k" * 200 + "a")).key == one.key


def test_half_a_pair_becomes_a_question_mark() -> None:
    assert keepable(raw(text="a\ud800b")).body == {"text": "a?b"}
