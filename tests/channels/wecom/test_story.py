"""Colleagues in WeCom: what they say is answered, and their cards change as things happen."""

from __future__ import annotations

from tests.support.fakes.wecom_site import WecomSite


def test_url_is_proven(office: WecomSite) -> None:
    answer = office.fake.caller.prove("1616140317555161061")
    assert (answer.status_code, answer.content) == (200, b"1616140317555161061")


def test_rep_asks_and_is_answered(office: WecomSite) -> None:
    (answer,) = office.says("rep1", "你能干什么")
    assert answer.body["agentid"] == int(office.fake.agent)
    assert answer.body["touser"] == "rep1"
    assert "线索" in str(answer.body)
