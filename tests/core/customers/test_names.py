"""Misspelt names: what a spelling may stand for, and who is found by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.customers import names
from crm_core.customers.messages import CustomerLine, FindCustomers
from crm_core.customers.rules import pinyin_of
from tests.core.deals.house import House

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=3)


@pytest.mark.parametrize(
    ("written", "pinyin"),
    [
        ("张伟", "zhangwei"),
        ("zhang wei", "zhangwei"),
        ("Zhang-Wei", "zhangwei"),
        ("ZHANGWEI", "zhangwei"),
        ("lü bu", "lvbu"),
        ("O'Brien", "obrien"),
        ("", ""),
    ],
)
def test_one_sound_however_it_is_written(written: str, pinyin: str) -> None:
    assert names.spelling(written).pinyin == pinyin


@pytest.mark.parametrize(
    ("letters", "parts"),
    [
        ("zhangwei", ("zhang", "wei")),
        ("wangjianguo", ("wang", "jian", "guo")),
        ("xian", ("xian",)),
        ("tom", ()),
        ("", ()),
        ("liangang", ("lian", "gang")),
    ],
)
def test_letters_are_split_into_syllables(letters: str, parts: tuple[str, ...]) -> None:
    assert names.syllables(letters) == parts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("zangwei", "张伟"),
        ("张文", "章问"),
        ("li lin", "倪林"),
        ("林静", "林进"),
        ("hong", "冯"),
        ("黄涛", "方韬"),
        ("cenli", "岑力"),
        ("chenli", "岑力"),
        ("shiyan", "斯洋"),
        ("陈英", "陈银"),
    ],
)
def test_neighbouring_sounds_are_taken_for_each_other(written: str, meant: str) -> None:
    spelt = names.spelling(written)
    assert names.spelling(meant).pinyin in {*names.near_sounds(spelt), *names.same_sound(spelt)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("zhangwie", "张伟"),
        ("zhagwei", "张伟"),
        ("zhangweii", "张伟"),
        ("zhangwri", "张伟"),
        ("张韦伟", "张伟"),
        ("王国", "王建国"),
        ("王建建国", "王建国"),
        ("王国建", "王建国"),
        ("玉建国", "王建国"),
        ("王律国", "王建国"),
    ],
)
def test_one_slip_is_forgiven(written: str, meant: str) -> None:
    spelt = names.spelling(written)
    assert any(pinyin_of(meant)[0] in keys for keys in names.slips(spelt))
    assert names.one_slip(spelt, meant, pinyin_of(meant)[0])


def test_what_sounds_nearly_so_is_looked_for_first() -> None:
    """王律国: 王绿国 or 王路国 before 王建国."""
    first, then = names.slips(names.spelling("王律国"))
    assert "wangluguo" in first
    assert "wangjianguo" not in first
    assert "wangjianguo" in then


@pytest.mark.parametrize(
    ("written", "other"), [("张伟", "李娜"), ("zhangwie", "王伟"), ("王建国", "王国"[::-1]), ("张三", "王五")]
)
def test_two_slips_are_another_name(written: str, other: str) -> None:
    assert not names.one_slip(names.spelling(written), other, pinyin_of(other)[0])


@given(HAN)
def test_a_name_is_most_like_itself_and_stands_for_its_own_sound(name: str) -> None:
    spelt = names.spelling(name)
    assert names.likeness(spelt, name, spelt.pinyin) == 1.0
    assert spelt.pinyin in names.same_sound(spelt)
    assert spelt.pinyin not in names.near_sounds(spelt)


@given(HAN, HAN)
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0.0 <= names.likeness(names.spelling(one), other, pinyin_of(other)[0]) <= 1.0


@given(st.text(max_size=40))
def test_any_text_is_spelt_within_bounds(text: str) -> None:
    spelt = names.spelling(text)
    assert len(names.near_sounds(spelt)) < 3000
    assert sum(map(len, names.slips(spelt))) < 6000


def test_of_two_of_the_same_sound_the_shared_surname_and_the_tone_decide() -> None:
    spelt = names.spelling("张玮")
    ranked = sorted(("章伟", "张伟", "张薇"), key=lambda name: -names.likeness(spelt, name, "zhangwei"))
    assert ranked == ["张伟", "张薇", "章伟"]


# Finding


@pytest.fixture
def people(house: House) -> House:
    for number, name in enumerate(("张伟", "王建国", "刘洋", "曾国强", "Tom Li", "冯晓静")):
        house.customer("rep1", name, phones=(f"1380013801{number}",))
    house.customer("rep2", "胡海波", phones=("13900139000",))
    return house


def found(house: House, words: str, who: str = "rep1", **more: Any) -> list[CustomerLine]:
    lines: list[CustomerLine] = house.ask(who, FindCustomers(words=words, **more))
    return lines


@pytest.mark.parametrize(
    ("words", "name", "guessed"),
    [
        ("张玮", "张伟", False),
        ("zhangwei", "张伟", False),
        ("Zhang Wei", "张伟", False),
        ("wei zhang", "张伟", False),
        ("zeng guoqiang", "曾国强", False),
        ("ceng guoqiang", "曾国强", False),
        ("Li Tom", "Tom Li", False),
        ("zangwei", "张伟", True),
        ("牛洋", "刘洋", True),
        ("冯晓金", "冯晓静", True),
        ("zhangwie", "张伟", True),
        ("张韦伟", "张伟", True),
        ("王键围", "王建国", None),
        ("王国", "王建国", True),
        ("zw", "张伟", True),
        ("wjg", "王建国", True),
    ],
)
def test_a_misspelt_name_is_found_and_it_is_said_when_it_is_a_guess(
    people: House, words: str, name: str, guessed: bool | None
) -> None:
    lines = found(people, words)
    if guessed is None:
        assert lines == [], "two slips are another name"
    else:
        assert (lines[0].name, lines[0].guessed) == (name, guessed)


@pytest.mark.parametrize(
    "words", ["赵云", "tomorrow", "q", "xyz", "的", "🙂", "a" * 300, "'; drop table customers; --"]
)
def test_whoever_is_not_there_is_not_found(people: House, words: str) -> None:
    assert found(people, words) == []


def test_guesses_may_be_left_out(people: House) -> None:
    assert found(people, "zhangwie", near=False) == []
    assert [line.name for line in found(people, "张玮", near=False)] == ["张伟"]


@pytest.mark.parametrize(
    "words", ["胡海波", "haibo hu", "huhaibo", "fuhaibo", "胡海渤", "huhaiob", "hhb", "胡海海波"]
)
def test_a_colleagues_customer_is_found_by_no_spelling(people: House, words: str) -> None:
    assert found(people, words, "rep1") == []
    assert [line.name for line in found(people, words, "rep2")] == ["胡海波"]


def test_the_name_as_written_comes_before_whoever_was_spoken_of(people: House) -> None:
    other = people.customer("rep1", "张玮", phones=("13700137000",))
    assert [line.name for line in found(people, "张伟", focus_id=other)] == ["张伟", "张玮"]


def test_of_the_same_sound_whoever_was_spoken_of_comes_first(people: House) -> None:
    other = people.customer("rep1", "张薇", phones=("13700137000",))
    assert found(people, "zhang wei", focus_id=other)[0].name == "张薇"


@pytest.mark.parametrize(
    ("words", "name"), [("Mr Wang", "王建国"), ("Ms Feng", "冯晓静"), ("Mr. Zeng", "曾国强"), ("Mr Li", "Tom Li")]
)
def test_a_romanised_surname_with_a_title_finds_the_chinese_one(people: House, words: str, name: str) -> None:
    assert [line.name for line in found(people, words)] == [name]


def test_a_name_is_found_as_it_was_written_whatever_is_in_it(house: House) -> None:
    for number, name in enumerate(("Tom O'Brien", "B级王先生(介绍)", "申达建筑工程有限公司", "张·阿布都", "李3号")):
        house.customer("rep1", name, phones=(f"1370013801{number}",))
        assert [line.name for line in found(house, name)][:1] == [name]
