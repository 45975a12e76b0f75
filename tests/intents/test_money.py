"""Amounts as they are spoken, and numbers that are no money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import parse_money
from intents.entities.money import find_money
from intents.entities.percent import find_percents

HAN = "零一二三四五六七八九"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("一万二", 12000), ("3万5", 35000), ("两千五", 2500), ("二十三万八", 238000), ("23万8", 238000),
        ("8k", 8000), ("1.2w", 12000), ("1w5", 15000), ("一万零二", 10002), ("12万8千", 128000), ("八百八", 880),
        ("两百五十", 250), ("¥12,800", 12800), ("落地23万8", 238000), ("便宜两千", 2000), ("优惠8000", 8000),
        ("定金5000元", 5000), ("8千块", 8000), ("十万零五百", 100500), ("8000", 8000), ("6千", 6000),
        ("一万零五百", 10500), ("23.8万", 238000), ("2.3w", 23000), ("八千块钱", 8000), ("五百来块", 500),
        ("一百二十五块五毛", 125.5), ("三万出头", 30000), ("万把块", 10000), ("1w出头", 10000), ("12,800", 12800),
        ("壹万贰仟元整", 12000), ("￥12,800.00", 12800), ("二百五", 250), ("半万", 5000), ("12万8千8", 128800),
        ("贰拾叁万捌仟元整", 238000), ("人民币238000元", 238000), ("23萬8", 238000), ("３万５", 35000),
        ("三点五万", 35000), ("一万多", 10000), ("30多万", 300000), ("十来万", 100000), ("一千五百八", 1580),
        ("万八", 18000), ("优惠千五", 1500), ("一万半", 15000), ("千把块钱", 1000), ("三十来万", 300000),
        ("9块9", 9.9), ("两块五", 2.5), ("三毛", 0.3), ("12元8角5分", 12.85), ("一块二", 1.2), ("四毛五", 0.45),
        ("一个亿", 100000000), ("15个w", 150000), ("8千5百", 8500), ("九万九千八", 99800), ("1w2", 12000),
        ("落地22.8", 228000), ("预算20左右", 200000), ("预算大概三十来万", 300000), ("尾款还差8万6", 86000),
        ("定金打了2000", 2000), ("也就是一共1200", 1200), ("再少1k我就定", 1000), ("全款23w8 不要装潢", 238000),
    ],
)  # fmt: skip
def test_amounts(text: str, amount: float) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("request 8000 off", 8000), ("5000 at most", 5000), ("up to 5000", 5000), ("12k off", 12000),
        ("23.8k", 23800), ("15 grand", 15000), ("RMB 238,000", 238000), ("two hundred thousand yuan", 200000),
        ("two hundred thousand yuan all in", 200000), ("a hundred and eighty thousand yuan", 180000),
        ("half a million", 500000), ("fifteen hundred yuan", 1500), ("knock off another 5 grand", 5000),
        ("CNY 3,500", 3500), ("500 bucks", 500), ("twenty-three thousand eight hundred", 23800),
        ("her budget is 230k", 230000), ("deposit 2k paid", 2000), ("about 20k", 20000),
    ],
)  # fmt: skip
def test_english_amounts(text: str, amount: float) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("两三千", 2000, 3000), ("8000-10000", 8000, 10000), ("十五六万", 150000, 160000), ("十几万", 100000, 200000),
        ("15-18万", 150000, 180000), ("八千到一万", 8000, 10000), ("8000到1万", 8000, 10000), ("七八百", 700, 800),
        ("15k to 18k", 15000, 18000), ("between 15k and 18k", 15000, 18000), ("三千七八", 3700, 3800),
        ("预算15到20", 150000, 200000), ("二三十万", 200000, 300000), ("千八百", 800, 1000), ("三五千", 3000, 5000),
    ],
)  # fmt: skip
def test_a_range_is_its_lower_end_with_the_upper_one_beside(text: str, low: float, high: float) -> None:
    money = parse_money(text)
    assert money is not None
    assert (money.value, money.alternatives) == (low, (high,))


@pytest.mark.parametrize(
    "text",
    [
        "2018款迈腾1.8T", "13800138000", "ES6", "3点", "万一", "九五折", "跑了3万公里", "", "06L115562B", "粤B12345",
        "LSVNV2182E2100001", "95号汽油", "5座", "两厢", "宝马320", "3系", "208匹", "百公里6.5个油", "5万公里保养",
        "下午3点", "2月8号", "千万别", "百分之五", "一百米", "1米8", "三四个人", "一两天", "两三点", "一百多人",
        "三千多公里", "a thousand thanks", "two thousand km", "a hundred percent", "三十六期", "开了8万", "二十座",
        "几千块", "好几万", "5W-30", "225/55R17", "住18楼1802", "3年10万公里质保", "三百六十度", "电量80%", "400牛米",
    ],
)  # fmt: skip
def test_no_amount(text: str) -> None:
    assert parse_money(text) is None


def _spoken(amount: int) -> str:
    """The full Chinese words of a whole number below 100 million, as a cashier reads them."""
    if amount >= 10000:
        high, low = divmod(amount, 10000)
        rest = _spoken(low) if low else ""
        return _spoken(high) + "万" + ("零" if 0 < low < 1000 else "") + rest
    words, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = amount // unit % 10
        if digit:
            words += ("零" if gap and words else "") + HAN[digit] + name
            gap = False
        else:
            gap = True
    return words


AMOUNTS = st.integers(min_value=1, max_value=9_999_999)


@given(AMOUNTS, st.sampled_from(["{}元", "{}块", "{}块钱", "{}元整", "一共{}元"]))
def test_words_said_in_full_are_read_exactly(amount: int, frame: str) -> None:
    assert parse_money(frame.format(_spoken(amount))) == amount


@given(AMOUNTS, st.sampled_from(["{}元", "¥{}", "RMB {}", "{} yuan", "优惠{}块"]), st.booleans())
def test_figures_are_read_exactly(amount: int, frame: str, grouped: bool) -> None:
    assert parse_money(frame.format(f"{amount:,}" if grouped else amount)) == amount


@given(
    st.integers(min_value=1, max_value=99),
    st.integers(min_value=1, max_value=9),
    st.sampled_from(["{}", "落地{}", "优惠{}吧", "最多{}", "他出{}", "能不能{}?"]),
)
def test_short_forms_of_ten_thousands(high: int, low: int, frame: str) -> None:
    amount = high * 10000 + low * 1000
    spellings = (f"{high}万{low}", f"{high}.{low}万", f"{high}w{low}", f"{high}.{low}w", f"{_spoken(high)}万{HAN[low]}",
                 f"{high}万{low}千", f"{_spoken(high)}万{HAN[low]}千", f"{_spoken(high)}点{HAN[low]}万")  # fmt: skip
    assert {spelling: parse_money(frame.format(spelling)) for spelling in spellings} == dict.fromkeys(
        spellings, amount
    )


@given(st.integers(min_value=1, max_value=9), st.integers(min_value=1, max_value=9))
def test_a_trailing_digit_counts_the_next_lower_unit(high: int, low: int) -> None:
    assert parse_money(f"{HAN[high]}千{HAN[low]}") == high * 1000 + low * 100
    assert parse_money(f"{high}k{low}块") == high * 1000 + low * 100
    assert parse_money(f"{HAN[high]}百{HAN[low]}块") == high * 100 + low * 10


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("优惠8000", "discount"),
        ("8000块的优惠", "discount"),
        ("落地23万8", "price"),
        ("定金5000元", "deposit"),
        ("5000元定金", "deposit"),
        ("最多让5000", "limit"),
        ("优惠到21万", "price"),
        ("18万以内", "limit"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert [span.detail for span in find_money(text)] == [kind]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("打九五折", 0.95), ("95折", 0.95), ("9折", 0.9), ("8.8折", 0.88), ("优惠5个点", 0.95), ("5% off", 0.95),
        ("打98折", 0.98), ("八八折", 0.88), ("九点五折", 0.95), ("对折", 0.5), ("半价", 0.5), ("百分之五", 0.95),
        ("降5个点", 0.95), ("让两个点", 0.98), ("优惠一个点", 0.99), ("再让半个点", 0.995), ("让1.5个点", 0.985),
        ("百分之三点五", 0.965), ("12% discount", 0.88), ("five percent off", 0.95), ("half price", 0.5),
        ("95%的价格", 0.95), ("让三点五个点", 0.965),
    ],
)  # fmt: skip
def test_percent_is_the_factor_kept(text: str, kept: float) -> None:
    assert [span.value for span in find_percents(text)] == [kept]


@pytest.mark.parametrize(
    "text",
    [
        "首付30%",
        "年息百分之三点五",
        "电量还剩20%",
        "下午3点",
        "三点半",
        "转化率15%",
        "打折吗",
        "interest is 3%",
    ],
)
def test_a_share_or_a_clock_is_no_discount(text: str) -> None:
    assert list(find_percents(text)) == []
