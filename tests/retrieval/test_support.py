"""No figure in an answer that is not in its evidence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import supported, unsupported
from retrieval.support import chinese_number, figures

EVIDENCE = [
    "小保养 680 元,每 10,000 公里或 12 个月一次。机油 5W-30 用 4.5 升。",
    "06L 115 562 B,2026-03-01 起,17:30 关门,免 5%。",
]


@pytest.mark.parametrize(
    "answer",
    [
        "小保养680元",
        "每1万公里一次",
        "每一万公里或十二个月",
        "机油4.50升,5w30",
        "件号06L115562B",
        "2026年3月1日起",
        "3月1日起",
        "十七点半关门",
        "优惠百分之五",
        "一般情况下统一处理",
        "",
    ],
)
def test_said_in_the_evidence(answer: str) -> None:
    assert supported(answer, EVIDENCE), unsupported(answer, EVIDENCE)


@pytest.mark.parametrize(
    ("answer", "figure"),
    [
        ("小保养 688 元", "money:688"),
        ("小保养 12 元", "money:12"),
        ("每两万公里", "n:20000"),
        ("机油 5W-40", "code:5W40"),
        ("件号 06L 115 562 C", "code:06L115562C"),
        ("2026-03-02 起", "date:2026-3-2"),
        ("18:30 关门", "time:18:30"),
        ("免 12%", "%:12"),
        ("三百元", "money:300"),
    ],
)
def test_said_nowhere(answer: str, figure: str) -> None:
    assert figure in unsupported(answer, EVIDENCE)


@pytest.mark.parametrize(
    ("words", "value"),
    [("十", 10), ("二十", 20), ("一百零五", 105), ("三万五千", 35000), ("两千", 2000), ("一亿", 100_000_000)],
)
def test_chinese_numbers(words: str, value: int) -> None:
    assert chinese_number(words) == value
    assert f"money:{value}" in figures(f"{words}元")


def test_chinese_decimals_and_nonsense() -> None:
    assert chinese_number("三点五") == Decimal("3.5")
    with pytest.raises(ValueError, match="not a number"):
        chinese_number("很多")


@given(st.text(max_size=120))
def test_every_text_supports_itself(text: str) -> None:
    assert supported(text, [text])


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_another_price_is_never_supported(said: int, known: int) -> None:
    assert supported(f"共 {said} 元", [f"售价 {known:,} 元"]) == (said == known)
