"""A picture goes to the record it belongs to, and is seen by whoever may read that record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_core.chat.messages import Image, KeepImage
from crm_core.customers.messages import AddCustomer, CustomerHistory, KeepPhoto, RemoveRecord
from crm_core.kernel.errors import NotFound
from crm_core.tasks.messages import AskColleague
from tests.support.page import Page
from tests.support.site import DEALER, Site
from tests.web.conftest import small, small_sqlite  # noqa: F401

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture
def wang(site: Site) -> str:
    """王丽, a customer of rep1's who signs in herself."""
    command = AddCustomer(name="王丽", phones=("13900007777",), unit=f"{DEALER}sales.", login="customer1",
                          owner_id=site.core.actor("rep1").id)  # fmt: skip
    return site.core.execute(command, site.core.system("starway")).id


@pytest.fixture
def rep(site: Site, wang: str) -> Iterator[Page]:
    with site.page("rep1") as page:
        yield page


def send_picture(site: Site, page: Page, who: str) -> None:
    """Upload and send, as the page does."""
    headers = {"Cookie": site.cookie(who), "Origin": site.url, "Content-Type": "image/png"}
    answer = site.http.post("/media", content=PNG, headers=headers)
    assert answer.status_code == 201, answer.text
    media = answer.json()["id"]
    page.send({"t": "image", "id": f"i-{media}", "media": media})
    page.until(lambda: f"i-{media}" in page.acked, what="an ack")
    page.settle(0.5)


def photos(site: Site, customer: str, who: str = "manager1") -> list[Any]:
    found = site.core.ask(CustomerHistory(customer_id=customer), site.core.actor(who))
    return [one for one in found if one.kind == "photo"]


def test_a_rep_says_whose_it_is_in_his_own_words(site: Site, rep: Page, wang: str) -> None:
    send_picture(site, rep, "rep1")
    assert "哪位客户" in rep.last()
    rep.say("这是王丽的行驶证")
    assert "王丽的资料" in rep.last()
    (photo,) = photos(site, wang)
    assert photo.text == "这是王丽的行驶证"
    site.core.ask(Image(image_id=photo.image_id), site.core.actor("manager1"))
    rep.press("撤销")
    assert photos(site, wang) == []
    with pytest.raises(NotFound):
        site.core.ask(Image(image_id=photo.image_id), site.core.actor("manager1"))


def test_it_is_shown_with_what_is_known_of_the_customer(site: Site, rep: Page, wang: str) -> None:
    send_picture(site, rep, "rep1")
    rep.say("王丽")
    rep.say("王丽之前说过什么")
    assert any(message.get("image") for message in rep.out())


def test_a_customers_own_picture_reaches_who_looks_after_her(site: Site, rep: Page, wang: str) -> None:
    with site.page("customer1") as page:
        send_picture(site, page, "customer1")
        assert "顾问" in page.last()
    rep.until(lambda: rep.sees("王丽发来一张图片"), what="the picture")
    (photo,) = photos(site, wang, "rep1")
    site.core.ask(Image(image_id=photo.image_id), site.core.actor("rep1"))
    with pytest.raises(NotFound):
        site.core.ask(Image(image_id=photo.image_id), site.core.actor("rep2"))


def test_somebody_elses_picture_is_put_nowhere(site: Site, wang: str) -> None:
    core = site.core
    other = core.execute(KeepImage(mime="image/png", content=PNG), core.actor("rep2")).id
    with pytest.raises(NotFound):
        core.execute(KeepPhoto(customer_id=wang, image_id=other), core.actor("rep1"))
    with pytest.raises(NotFound):
        core.execute(KeepPhoto(customer_id=wang, image_id=other), core.actor("rep2"))
    assert photos(site, wang) == []


def test_who_is_asked_about_a_picture_sees_it_and_nobody_else(site: Site, wang: str) -> None:
    core = site.core
    mine = core.execute(KeepImage(mime="image/png", content=PNG), core.actor("rep1")).id
    with pytest.raises(NotFound):
        core.execute(AskColleague(question="这是什么件", role="manager", image_id=mine), core.actor("rep2"))
    with pytest.raises(NotFound):
        core.ask(Image(image_id=mine), core.actor("manager1"))
    core.execute(AskColleague(question="这是什么件", role="manager", image_id=mine), core.actor("rep1"))
    assert core.ask(Image(image_id=mine), core.actor("manager1")).content == PNG
    with pytest.raises(NotFound):
        core.ask(Image(image_id=mine), core.actor("rep2"))


def test_only_its_sender_takes_it_back(site: Site, wang: str) -> None:
    core = site.core
    mine = core.execute(KeepImage(mime="image/png", content=PNG), core.actor("rep1")).id
    record = core.execute(KeepPhoto(customer_id=wang, image_id=mine), core.actor("rep1")).id
    with pytest.raises(NotFound):
        core.execute(RemoveRecord(record_id=record), core.actor("manager1"))


def test_a_visitor_is_asked_for_a_number(site: Site) -> None:
    with site.widget() as page:
        page.say("你好")
        visitor = page.me["id"]
        kept = site.core.execute(KeepImage(mime="image/png", content=PNG), site.core.actor(visitor)).id
        page.send({"t": "image", "id": "i1", "media": kept})
        page.until(lambda: "i1" in page.acked, what="an ack")
        page.settle(0.5)
        assert "电话" in page.last()


def test_words_that_name_nobody_are_kept_and_he_is_asked(site: Site, wang: str) -> None:
    """Below a picture people write what it is: that is no customer to be written down."""
    from bot.ports import Inbound, InboundKind

    core = site.core
    rep, house = core.actor("rep1"), site.house
    image = core.execute(KeepImage(mime="image/png", content=PNG), rep).id
    inbound = Inbound("web", "", core.chats.web_chat(rep.id), rep.id, "p1", InboundKind.IMAGE, "行驶证", media_id=image)
    turn = house._turns._processor._pipeline.turn(inbound, rep)
    said = str([reply.to_dict() for reply in turn.replies])
    assert "哪位客户" in said
    assert "新建" not in said
    assert photos(site, wang) == []
