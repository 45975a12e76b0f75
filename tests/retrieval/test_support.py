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
        ("每两万公里", "km:20000"),
        ("每 12 年一次", "month:144"),
        ("每 10,000 天一次", "day:10000"),
        ("机油 4.5 毫升", "ml:4.5"),
        ("优惠 5 元", "money:5"),
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


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("一万五", "15000"),
        ("1.5万公里", "每 15,000 km"),
        ("一万五千公里", "每1.5万公里"),
        ("3万5", "35000 元"),
        ("质保36个月", "质保 3 年"),
        ("3 years", "36 个月"),
        ("three years", "三年"),
        ("半年", "6 个月"),
        ("一年半", "18个月"),
        ("两个半小时", "150 分钟"),
        ("10毫米", "厚 10-12mm"),
        ("12 mm", "厚 10–12 毫米"),
        ("3万公里", "通常3-6万公里"),
        ("6 周", "42 天"),
        ("2.5 bar", "胎压 250 kPa"),
        ("扭矩 120 N·m", "扭矩(Nm) 120"),
        ("首付三成", "首付 30%"),
        ("400-820-1234", "电话 4008201234"),
        ("1.8T", "发动机 1.8 T"),
        ("满电 82 kWh", "82kWh"),
    ],
)
def test_the_same_value_said_otherwise(answer: str, evidence: str) -> None:
    assert supported(answer, [evidence]), (figures(answer), figures(evidence))


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("3 个月", "3 年"),
        ("5 个工作日", "5 天"),
        ("15000 元", "15000 公里"),
        ("2.5 bar", "2.5 kPa"),
        ("13800138001", "电话 13800138000"),
        ("06L115562B", "06L115562"),
        ("11 mm", "10-12 mm"),
        ("2.0T", "1.8T"),
        ("225/55R17", "225/50R17"),
        ("5W-30", "0W-30"),
        ("P0301", "P0300"),
        ("8 折", "8 天"),
        ("12 kW", "12 kWh"),
    ],
)
def test_another_value_or_another_unit(answer: str, evidence: str) -> None:
    assert not supported(answer, [evidence]), (figures(answer), figures(evidence))


_UNITS = ["元", "公里", "年", "个月", "天", "毫米", "升", "%", "km", "mm", "N·m", "bar", "V", "kWh", "次", "分钟"]


@given(st.integers(1, 10**6), st.sampled_from(_UNITS), st.integers(1, 10**6), st.sampled_from(_UNITS))
def test_a_measure_is_borne_out_by_its_equal_alone(said: int, unit: str, known: int, other: str) -> None:
    mine, theirs = figures(f"共 {said} {unit}"), figures(f"共 {known} {other}")
    assert supported(f"共 {said} {unit}", [f"共 {known} {other}"]) == (mine == theirs)
    assert (mine == theirs) >= (said == known and unit == other)
