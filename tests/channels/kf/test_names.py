"""A new visitor of the desk has the name he gives himself on WeChat."""

from __future__ import annotations

import pytest

from tests.channels.kf.conftest import Desk
from tests.support.fakes.wecom import RESET

ANN, BEN = "wmAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn", "wmBenBenBenBenBenBenBenBenBenBen"
ASKED = "kf/customer/batchget"


def asked(desk: Desk) -> int:
    return sum(ASKED in call.path for call in desk.kf.wecom.calls)


def test_visitor_who_wants_a_person_has_a_name_on_the_card(desk: Desk) -> None:
    desk.kf.nicknames[ANN] = "小安\n💐"
    desk.kf.servicers = {}
    desk.says(ANN, "你好")
    desk.says(ANN, "转人工")
    desk.settled()
    desk.wait(lambda: any(desk.pushed(code, "desk_missed") for code in ("manager1", "rep1", "rep2")))
    (told,) = [code for code in ("manager1", "rep1", "rep2") if desk.pushed(code, "desk_missed")]
    assert "小安 💐" in desk.drawn(told, "desk_missed")
    assert desk.core.actor(desk.person(ANN)).name == "小安 💐"
    assert asked(desk) == 1


@pytest.mark.parametrize("fault", [RESET, 95000, 48002])
def test_without_an_answer_he_has_no_name_and_is_answered(desk: Desk, fault: int | str) -> None:
    desk.kf.nicknames[ANN] = "小安"
    desk.kf.wecom.fail(ASKED, fault)
    assert desk.says(ANN, "你好")
    assert desk.core.actor(desk.person(ANN)).name == ""


def test_whom_the_platform_does_not_tell_has_no_name(desk: Desk) -> None:
    assert desk.says(BEN, "你好")
    assert desk.core.actor(desk.person(BEN)).name == ""
    desk.says(BEN, "营业到几点")
    assert asked(desk) == 1


@pytest.mark.parametrize("nickname", ["小安\ud83d", "小安\x00\u202e"])
def test_signs_nobody_can_keep_are_left_out(desk: Desk, nickname: str) -> None:
    desk.kf.nicknames[ANN] = nickname
    assert desk.says(ANN, "你好")
    assert desk.core.actor(desk.person(ANN)).name == "小安"
