"""People as they are named: rare surnames, titles of all kinds, nicknames; and words that only look like names."""

from __future__ import annotations

from datetime import datetime

import pytest

from intents.extract import extract

NOW = datetime.fromisoformat("2026-11-21T14:20:00+08:00")


def people(text: str) -> list[str]:
    return [s.words for s in extract(text, NOW) if s.kind == "person" and s.detail != "pronoun"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("约常先生明天试驾", "常先生"), ("宓先生要看车", "宓先生"), ("查先生的资料", "查先生"), ("查先森约明天", "查先森"),
        ("展总什么背景", "展总"), ("乐小姐约试驾", "乐小姐"), ("濮阳先生要报价", "濮阳先生"), ("麦sir 转比小王", "麦sir"),
        ("李太打过电话了", "李太"), ("程太分给小王", "程太"), ("打了给游生", "游生"), ("罗生说等两天", "罗生"),
        ("龙哥来过了", "龙哥"), ("红姐要报价", "红姐"), ("给阿强跟", "阿强"), ("这条给阿Ken", "阿Ken"),
        ("小马来过了", "小马"),
        ("把马小东转给小李", "马小东"), ("约王大伟明天来", "王大伟"),
        ("让小何跟吧", "小何"), ("樊女士转给大鹏", "大鹏"), ("客户都交给小倩", "小倩"),
        ("荀彧明天来", "荀彧"), ("给Mr Kong报价", "Mr Kong"), ("俾Mrs. Lam打电话", "Mrs. Lam"),
        ("Add Peter Sun 13652201477", "Peter Sun"),
        ("yangyutong的资料", "yangyutong"), ("约wangjianguo明天试驾", "wangjianguo"),
    ],
)  # fmt: skip
def test_a_person_is_seen(text: str, name: str) -> None:
    assert name in people(text)


@pytest.mark.parametrize(
    "text",
    [
        "这台车太贵了",
        "王者生产线", "小马达坏了", "小马力的车", "阿姨来电话了", "阿维塔有现货吗", "展厅几点关门", "查一下库存",
        "工程总包", "学生优惠",
        "卫生间在哪", "常规保养多少钱", "洪水泡过的车", "懂车帝上看到的", "他总是不接电话", "我和姐姐来看车",
        "book Peter at Sun noon",
    ],
)  # fmt: skip
def test_words_that_only_look_like_names(text: str) -> None:
    strong = [
        s.words for s in extract(text, NOW) if s.kind == "person" and not s.weak and s.detail != "pronoun"
    ]
    assert strong == []


def test_a_surname_that_is_a_day_yields_to_a_clock() -> None:
    assert "Peter Sun" not in people("test drive for Peter Sun 10am")
