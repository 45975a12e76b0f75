"""Customers on WeChat: answered at the desk, put through to a person, asked how it was."""

from __future__ import annotations

from tests.channels.kf.conftest import Desk

ANN = "wmAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn"


def test_question_is_answered(desk: Desk) -> None:
    (answer,) = desk.says(ANN, "你好")
    assert answer
    (sent,) = desk.kf.thread(ANN).got
    assert (sent["touser"], sent["open_kfid"]) == (ANN, desk.kf.log[0]["open_kfid"])


def test_same_message_is_answered_once(desk: Desk) -> None:
    desk.says(ANN, "你好")
    desk.kf.says(ANN, "你好", msgid="in-1")
    desk.kf.call()
    desk.says(ANN, "谢谢")
    assert len(desk.kf.thread(ANN).got) == 2
