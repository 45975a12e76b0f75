"""A picture to be shown around goes out as an article; its address shows it, for a while, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.app import AppLine
from bot.channels.wecom.cards import clip_bytes
from bot.picture_links import LIFE, PictureLinks
from bot.ports import Button, Card, Field, Heard, Outbound
from crm_core.api import Core
from crm_core.chat.messages import KeepImage
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.errors import NotFound, Unavailable
from tests.channels.wecom.test_sending import PNG, delivery, send
from tests.support.fakes.wecom import FakeWecom
from tests.support.fakes.wecom_site import WecomSite

LINK = "https://work.weixin.qq.com/ca/abc"


def article(image_id: str, **values: object) -> Outbound:
    card = Card("contact_code", "活码：国庆车展", (Field("链接", LINK),), note="扫码即可添加王晓明")
    image = {"url": f"/media/{image_id}", "alt": "国庆车展", "link": LINK}
    return Outbound(card=replace(card, **values), image=image)  # type: ignore[arg-type]


@pytest.fixture
def picture(small: Core) -> str:
    return small.execute(KeepImage(mime="image/png", content=PNG), small.actor("rep1")).id


def test_picture_and_words_are_one_message(line: AppLine, wecom: FakeWecom, picture: str, small: Core) -> None:
    one = delivery(person_id=small.actor("rep1").id)
    receipt = send(line, article(picture), one)
    (got,) = wecom.sent_to("rep1")
    (shown,) = got.body["news"]["articles"]
    assert (receipt.heard, receipt.provider_id) == (Heard.ACCEPTED, got.msgid)
    assert (shown["title"], shown["url"]) == ("活码：国庆车展", LINK)
    assert shown["description"] == f"链接：{LINK}\n扫码即可添加王晓明\n{one.ref}"
    assert shown["picurl"].startswith("http://127.0.0.1:8080/pictures/")
    assert not any(word in shown["picurl"] for word in (picture, one.person_id, "rep1", "王晓明"))


def test_a_repeat_is_dropped_and_the_same_code_asked_for_again_is_not(
    line: AppLine, wecom: FakeWecom, picture: str, small: Core
) -> None:
    first, second = (delivery(n, person_id=small.actor("rep1").id) for n in (1, 2))
    body = line.render(first, article(picture))
    send(line, article(picture), first, body)
    send(line, article(picture), first, json.loads(json.dumps(body)))
    send(line, article(picture), second)
    assert (len(wecom.accepted), len(wecom.sent_to("rep1"))) == (3, 2)


def test_what_an_article_has_no_room_for_comes_before_it(line: AppLine, wecom: FakeWecom, picture: str) -> None:
    fields = tuple(Field(f"第{n}项", "后排空间、充电、置换价格") for n in range(30))
    send(line, article(picture, title="国庆车展" * 20, fields=fields))
    *before, last = wecom.sent_to("rep1")
    (shown,) = last.body["news"]["articles"]
    assert all(f"第{n}项" in "".join(one.text for one in before) for n in range(30))
    assert (shown["title"][-1], len(shown["title"].encode())) == ("…", 126)
    assert len(shown["description"].encode()) in range(506, 513)
    assert shown["description"].endswith(delivery().ref)


@pytest.mark.parametrize("message", [
    article("x", buttons=(Button("打开", "", id="a1"),)),
    Outbound(card=Card("week", "本周"), image={"url": "/media/x", "alt": "本周"}),
])  # fmt: skip
def test_what_is_pressed_or_meant_for_its_reader_alone_is_no_article(line: AppLine, message: Outbound) -> None:
    kinds = [part["msgtype"] for part in line.render(delivery(), message)["parts"]]
    assert kinds == ["image", "template_card"]


@given(st.text(max_size=120), st.integers(4, 140))
def test_a_cut_is_within_its_bytes_and_between_characters(text: str, most: int) -> None:
    found = clip_bytes(text, most)
    assert len(found.encode()) <= most
    assert found == text or (text.startswith(found[:-1].rstrip()) and found.endswith("…"))


# The address


def test_the_address_shows_the_picture_to_whoever_has_it(office: WecomSite) -> None:
    core = office.core
    image = core.execute(KeepImage(mime="image/png", content=PNG), core.actor("rep1")).id
    links = PictureLinks(core, office.site.url)
    address = links.address("starway", core.actor("rep1").id, image)
    found = httpx.get(address)
    assert (found.status_code, found.content, found.headers["content-type"]) == (200, PNG, "image/png")
    assert found.headers["cache-control"].startswith("private")
    for spoilt in (address[:-1], address + "A", address.replace("/pictures/", "/pictures/x"), address[:-40],
                   f"{office.site.url}/pictures/é.~", f"{office.site.url}/pictures/v1.x.AAAA"):  # fmt: skip
        assert httpx.get(spoilt).status_code == 404


def test_the_address_ends_and_shows_no_more_than_its_reader_may_see(living: Core) -> None:
    rep, other = living.actor("rep1"), living.actor("rep2")
    image = living.execute(KeepImage(mime="image/png", content=PNG), rep).id
    links = PictureLinks(living, "https://crm.dealer.example")
    token = links.address("starway", rep.id, image).rpartition("/")[2]
    assert links.picture(token).content == PNG
    with pytest.raises(NotFound):
        links.picture(links.address("starway", other.id, image).rpartition("/")[2])
    assert isinstance(living.clock, SystemClock)
    living.clock.offset += LIFE + timedelta(seconds=1)
    with pytest.raises(NotFound):
        links.picture(token)


def test_a_database_that_is_away_is_not_a_picture_that_is_gone(living: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who fetches it tries again where the server is busy, and gives up where there is nothing."""
    rep = living.actor("rep1")
    links = PictureLinks(living, "https://crm.dealer.example")
    token = links.address("starway", rep.id, living.execute(KeepImage(mime="image/png", content=PNG), rep).id)

    def away(*_: object) -> None:
        raise Unavailable()

    monkeypatch.setattr(living, "ask", away)
    with pytest.raises(Unavailable):
        links.picture(token.rpartition("/")[2])
