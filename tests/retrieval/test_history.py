"""Answers about a customer's history come from the records given, newest or most relevant first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retrieval import Record, answer_history


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


RECORDS = [
    Record("1", "contact", at(1, 5), "电话沟通,客户想看迈腾330TSI,预算23万", "C-1"),
    Record("2", "contact", at(3, 5), "微信联系,他说月底再定,担心保养贵", "C-2"),
    Record("3", "service", at(2, 5), "小保养,更换机油机滤,里程21000公里", "S-1"),
    Record("4", "quote", at(3, 1), "报价落地23.8万,含保险", "Q-1"),
    Record("5", "contact", at(2, 20), "到店看车,太太喜欢白色,要装儿童座椅", "C-3"),
]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("上次聊了什么", "2"),
        ("张伟上次聊了什么", "2"),
        ("what did we talk about last time", "2"),
        ("上次保养什么时候", "3"),
        ("给他报价多少", "4"),
        ("有没有提过宝宝椅", "5"),
        ("他太太喜欢什么颜色", "5"),
        ("他预算多少", "1"),
    ],
)
def test_the_right_record_comes_first(question: str, first: str) -> None:
    answer = answer_history(question, RECORDS)
    assert answer.band == "answer"
    assert answer.citations[0].doc_id == first


def test_the_newest_comes_first_and_refs_are_cited() -> None:
    answer = answer_history("最近联系记录", RECORDS)
    assert [cited.source for cited in answer.citations] == ["C-2", "C-3", "C-1"]


@pytest.mark.parametrize("question", ["刹车皮换过吗", "他有没有买过房子", ""])
def test_no_record_no_answer(question: str) -> None:
    assert answer_history(question, RECORDS).band == "unknown"


def test_no_records_no_answer() -> None:
    assert answer_history("上次聊了什么", []).band == "unknown"


def test_a_kind_with_no_record_is_unknown_rather_than_something_else() -> None:
    assert answer_history("上次试驾什么时候", RECORDS).band == "unknown"


def test_the_customers_name_is_no_topic() -> None:
    assert answer_history("张伟上次怎么说的", RECORDS, names=["张伟"]).citations[0].doc_id == "2"
