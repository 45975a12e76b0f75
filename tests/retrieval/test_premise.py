"""What a question takes for granted, and its evidence has otherwise."""

from __future__ import annotations

import pytest

from retrieval.premise import false_premise, opened

WARRANTY = ["包修期不低于 3 年或 6 万公里。"]
SERVICE = ["小保养 680 元，每 1 万公里一次。", "大保养 2,380 元。"]


@pytest.mark.parametrize(
    ("question", "evidence", "said", "told"),
    [
        ("听说质保是10年?", WARRANTY, "10年", "3 年"),
        ("质保是不是十年", WARRANTY, "10年", "3 年"),
        ("质保10万公里对吧", WARRANTY, "10万公里", "6 万公里"),
        ("小保养500块对吗", SERVICE, "500块", ""),
        ("is the service every 20,000 km?", SERVICE, "20,000 km", "1 万公里"),
        ("你们答应过免费拖车100公里没错吧", ["刹车片剩 3 mm 必须更换。"], "100公里", ""),
    ],
)
def test_a_wrong_figure_is_named(question: str, evidence: list[str], said: str, told: str) -> None:
    found = false_premise(question, evidence, evidence)
    assert found is not None
    assert (found.said, found.told) == (said, told)


@pytest.mark.parametrize(
    "question",
    [
        "质保是3年吗",
        "质保是不是36个月",
        "听说质保三年或者六万公里",
        "质保多久",
        "我开了8万公里还在质保内吗",
        "车买了5年还能保修吗",
        "10年的车要注意什么",
    ],
)
def test_a_right_figure_an_open_question_and_his_own_car_are_no_premise(question: str) -> None:
    assert false_premise(question, WARRANTY, WARRANTY) is None


@pytest.mark.parametrize(
    ("question", "behind"),
    [
        ("质保是10年对吧", "质保是 多久"),
        ("听说质保是10年?", "质保是 多久"),
        ("小保养是不是500块", "小保养 多少钱"),
        ("is the warranty 10 years?", "is the warranty how long"),
        ("10年的车要注意什么", "10年的车要注意什么"),
        ("我开了8万公里还在质保内吗", "我开了8万公里还在质保内吗"),
        ("质保多久", "质保多久"),
    ],
)
def test_the_open_question_behind_a_claim(question: str, behind: str) -> None:
    assert opened(question) == behind
