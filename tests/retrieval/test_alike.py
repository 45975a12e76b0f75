"""Which earlier questions are like one that is asked now."""

from __future__ import annotations

from retrieval.history import most_like

KNOWN = (
    "天窗轨道脱轨要不要换总成",
    "发票抬头写错了能重开吗",
    "刹车踩下去有吱吱声是什么原因",
    "how long does a new key take",
)


def test_the_like_come_first_and_no_more_than_wanted() -> None:
    assert most_like("客户的天窗轨道脱了是不是要换总成", KNOWN, 2)[0] == 0
    assert most_like("踩刹车吱吱叫", KNOWN, 1) == (2,)
    assert most_like("how long for a spare key", KNOWN, 2) == (3,)


def test_nothing_like_it_nothing_asked_nothing_known() -> None:
    assert most_like("今天几点下班", KNOWN, 2) == ()
    assert most_like("", KNOWN, 2) == ()
    assert most_like("天窗", (), 2) == ()
    assert most_like("天窗轨道", KNOWN, 0) == ()
