"""What identifies somebody is found in every spelling, and what only looks like it stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.kernel.spelt import HIDDEN, without_personal

SPELLINGS = (
    lambda p: p, lambda p: f"+86{p}", lambda p: f"+86 {p[:3]} {p[3:7]} {p[7:]}", lambda p: f"{p[:3]}-{p[3:7]}-{p[7:]}",
    lambda p: ".".join(p), lambda p: "".join(chr(ord(c) + 0xFEE0) for c in p), lambda p: "\u200b".join(p),
    lambda p: "".join("〇一二三四五六七八九"[int(c)] for c in p),
    lambda p: "".join("零幺二三四五六七八九"[int(c)] for c in p),
    lambda p: f"{p[:3]}\u00a0{p[3:7]}\u00a0{p[7:]}", lambda p: "\u2060".join(p), lambda p: f"{p[:3]}·{p[3:7]}·{p[7:]}",
)  # fmt: skip


FRAMES = ("电话{}要回", "{}", "tel {} ok")


@given(st.integers(3, 9), st.integers(0, 10**9 - 1), st.sampled_from(SPELLINGS), st.sampled_from(FRAMES))
def test_a_number_is_found_however_it_is_spelt(second: int, rest: int, spelt: object, frame: str) -> None:
    said = spelt(f"1{second}{rest:09d}")  # type: ignore[operator]
    assert without_personal(frame.format(said)) == frame.format(HIDDEN)


@pytest.mark.parametrize("text", ["LFV3A23C8J3100001", "沪A12Q45", "浙A·D1234F", "wang.wei@example.com"])
def test_codes_and_addresses_are_found(text: str) -> None:
    assert without_personal(f"他的{text},谢谢") == f"他的{HIDDEN},谢谢"


@pytest.mark.parametrize("text", ["订单 240000 元", "06L115562B", "2026-03-14T02:00:00Z", "bot/logs.py:64:only_allowed",
                                  "一共三四台", "01M8302N8K4DQAK6650Y9MY0VT", "", "K-L-8F3KQ"])  # fmt: skip
def test_other_numbers_stay(text: str) -> None:
    assert without_personal(text) == text


@given(st.text(alphabet="abcXYZ ,.-。，·中文客户想看报价\u200b\u3000２４", max_size=60))
def test_a_text_without_long_numbers_is_left_as_it_was(text: str) -> None:
    assert without_personal(text) == text
