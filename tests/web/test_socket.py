"""The web chat's protocol, frame by frame, against a served house."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from bot.channels.webchat.hub import QUEUE, TRY_AGAIN, Connection, Hub
from crm_core.api import Core
from crm_core.chat.service import Chats
from crm_core.kernel.clock import SystemClock
from tests.support.page import Page, text_of
from tests.support.site import Site, bot_settings, served

ZHANG = {"name": "张伟", "phone": "13800138000", "vehicle": "ES6"}


def with_lead(site: Site, page: Page) -> dict[str, Any]:
    """The card of a fresh lead on this page."""
    site.lead(ZHANG)
    page.until(lambda: page.cards("lead"), what="the card")
    return page.cards("lead")[-1]


# Hello


def test_hello_is_answered_by_me_and_then_a_batch(site: Site) -> None:
    with site.page("rep1") as page:
        assert [f["t"] for f in page.frames[:2]] == ["me", "batch"]
        me = page.me
        assert (me["name"], me["role"], me["lang"], me["zone"]) == ("陈晓明", "rep", "zh", "Asia/Shanghai")
        assert (me["demo"], me["people"], me["token"]) == (False, None, None)
        assert me["suggestions"]
    with site.page("rep3") as page:
        assert (page.me["lang"], page.me["dealer"]) == ("en", "Starway Pudong")


def test_what_is_said_comes_back_in_its_place_and_is_answered(site: Site) -> None:
    with site.page("rep1") as page, site.page("rep1") as other:
        sent = page.say("你能干什么")
        mine = next(m for m in page.messages.values() if m["id"] == sent)
        assert (mine["dir"], mine["text"], page.acked[sent]) == ("in", "你能干什么", mine["seq"])
        other.until(lambda: len(other.messages) >= 2, what="the same conversation on the other page")
        assert other.story() == page.story()


def test_the_dots_come_and_go(site: Site) -> None:
    with site.page("rep1") as page:
        page.say("你能干什么")
        page.until(lambda: [f["on"] for f in page.frames if f["t"] == "typing"] == [True, False], what="the dots' end")


@pytest.fixture
def quiet(small: Core) -> Iterator[Site]:
    """A served house in which nobody works off what arrives."""
    with served(small, role="web") as found:
        yield found


def store(site: Site, count: int) -> None:
    """Messages m0, m1, … of rep1, as another device of his would have brought them."""
    actor, chat = site.core.actor("rep1"), Chats.web_chat(site.core.actor("rep1").id)
    for n in range(count):
        site.core.chats.receive(tenant=actor.tenant, channel="web", account="", chat=chat, person_id=actor.id,
                                dedupe_key=f"{actor.id}:m{n}", now=site.core.now(), show={"text": f"m{n}"},
                                show_key=f"m{n}", body={"kind": "text", "text": f"m{n}"})  # fmt: skip


def test_history_comes_by_pages(quiet: Site) -> None:
    store(quiet, 70)
    with quiet.page("rep1") as page:
        batch = page.frame("batch")
        assert [m["text"] for m in batch["messages"]] == [f"m{n}" for n in range(40, 70)]
        assert batch["more"]
        page.send({"t": "history", "before": batch["messages"][0]["seq"]})
        page.until(lambda: len(page.messages) == 60, what="thirty more")
        page.send({"t": "history", "before": min(page.messages)})
        page.until(lambda: len(page.messages) == 70, what="the rest")
        assert not page.frame("batch")["more"]


# After a break


def test_what_was_missed_comes_by_revision(site: Site) -> None:
    with site.page("rep1") as page:
        page.say("你能干什么")
        seen = page.rev
    with site.page("rep1") as elsewhere:
        with_lead(site, elsewhere)
        elsewhere.press("已联系")
    with site.page("rep1", since=seen) as page:
        missed = page.frame("batch")["messages"]
        assert missed
        assert all(m["rev"] > seen for m in missed)
        assert [m["rev"] for m in missed] == sorted(m["rev"] for m in missed)
    with site.page("rep1", since=max(m["rev"] for m in missed)) as page:
        assert page.frame("batch")["messages"] == []


def test_nothing_is_left_out_of_a_long_break(quiet: Site) -> None:
    store(quiet, 750)
    with quiet.page("rep1", since=1) as page:
        page.until(lambda: len(page.messages) == 749, what="749 messages")
        told = [m for f in page.frames for m in [*f.get("messages", []), *([f["m"]] if f["t"] == "msg" else [])]]
        assert [m["rev"] for m in told] == list(range(2, 751))


def test_a_page_of_another_database_loads_anew(site: Site) -> None:
    page = Page.__new__(Page)
    with pytest.raises(Exception, match=r"1000|waited"):
        page.__init__(site.url, site.cookie("rep1"), since=10_000)  # type: ignore[misc]
    assert page.frames[-1] == {"t": "bye", "reason": "stale"}


def test_a_resend_has_one_effect_and_is_acknowledged_again(site: Site) -> None:
    with site.page("rep1") as page:
        page.say("王芳13900139000想看ES6", message_id="same")
        first = page.acked.pop("same")
        page.send({"t": "say", "id": "same", "text": "王芳13900139000想看ES6"})
        page.until(lambda: page.acked.get("same") == first, what="the same ack")
        page.settle()
        assert sum(m["dir"] == "in" for m in page.messages.values()) == 1
        assert sum("王芳" in text_of(m) for m in page.out()) == 1
    with site.page("rep1") as page:
        page.send({"t": "say", "id": "same", "text": "王芳13900139000想看ES6"})
        page.until(lambda: page.acked.get("same") == first, what="the same ack after a break")


# Presses


def test_a_press_is_acknowledged_after_its_card_has_changed(site: Site) -> None:
    with site.page("rep1") as page:
        with_lead(site, page)
        seq = max(page.messages)
        pressed = page.press("已联系")
        order = [f["t"] if f["t"] != "msg" else f["m"]["seq"] for f in page.frames if f["t"] in ("msg", "ack")]
        assert order.index("ack") > max(n for n, entry in enumerate(order) if entry == seq)
        assert page.acked[pressed] is None
        assert "已联系" not in [b["label"] for b in page.messages[seq]["card"]["buttons"]]


def test_a_press_that_changes_nothing_is_acknowledged_too(site: Site) -> None:
    with site.page("rep1") as page:
        pressed = page.press_id("no-such-button")
        assert pressed in page.acked
        assert page.out()


def test_pressing_twice_and_at_once_has_one_effect(site: Site) -> None:
    with site.page("rep1") as page:
        card = with_lead(site, page)
        action = next(b["id"] for b in card["buttons"] if b["label"] == "已联系")
        with ThreadPoolExecutor(8) as crowd:
            pages = list(crowd.map(lambda _: site.page("rep1"), range(8)))
            list(crowd.map(lambda p: p.press_id(action), pages))
        page.settle(1.0)
        records = [m for m in page.out() if m["card"] and m["card"]["kind"] == "outcome"]
        assert len(records) <= 1 or len({text_of(r) for r in records}) == 1
        for one in pages:
            one.close()
    from sqlalchemy import func, select

    from crm_core.customers.tables import Record

    with site.core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Record)).scalar() == 1


def test_another_persons_button_does_nothing(site: Site) -> None:
    with site.page("rep1") as page, site.page("rep2") as thief:
        card = with_lead(site, page)
        for button in card["buttons"]:
            thief.press_id(button["id"])
        assert not thief.cards("lead")
        assert "张伟" not in thief.story()
        page.settle()
        assert page.cards("lead")[-1] == card


# Bad frames


@pytest.mark.parametrize(
    "frame",
    [
        "", "{", "[]", "null", "7", '"hello"', "[" * 5000, '{"t":null}', '{"t":"nothing","id":"a"}', '{"t":"say"}',
        '{"t":"say","id":7,"text":"a"}', '{"t":"say","id":"","text":"a"}', '{"t":"press","id":{},"action":"a"}',
        '{"t":"say","id":"' + "i" * 65 + '","text":"a"}', '{"t":"say","id":"\\ud83d","text":"a"}',
        '{"t":"read","seq":"x"}', '{"t":"read","seq":1e99}', '{"t":"read","seq":99999999999999999999}',
        '{"t":"history","before":-1}', '{"t":"history","before":true}', '{"t":"clock","shift":NaN}',
        '{"t":"hello","since":-5}', '{"t":["say"]}',
    ],
)  # fmt: skip
def test_frames_nobody_understands_are_ignored(front: Site, frame: str) -> None:
    with front.page("rep1") as page:
        page.send(frame)
        page.send({"t": "ping"})
        page.frame("pong")
        assert not page.messages


def test_bytes_are_ignored(front: Site) -> None:
    with front.page("rep1") as page:
        page._socket.send(b"\x00\x01")
        page.send({"t": "ping"})
        page.frame("pong")


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "say", "text": "x" * 8001}, {"t": "say", "text": ""}, {"t": "say", "text": "   "}, {"t": "say", "text": 5},
        {"t": "press"}, {"t": "press", "action": 5}, {"t": "image", "media": "../etc"}, {"t": "image", "media": None},
    ],
)  # fmt: skip
def test_what_will_never_be_done_is_refused_with_a_reason(front: Site, frame: dict[str, Any]) -> None:
    with front.page("rep1") as page:
        page.send({**frame, "id": "bad"})
        page.until(lambda: "bad" in page.refused, what="a refusal")
        assert page.refused["bad"]
        assert not page.messages


def test_half_a_character_does_no_harm(site: Site) -> None:
    with site.page("rep1") as page:
        page.send('{"t":"say","id":"a","text":"你好\\ud83d\\u0000"}')
        page.until(lambda: "a" in page.acked and page.out(), what="an answer")


def test_a_frame_over_the_limit_ends_the_connection(front: Site) -> None:
    with front.page("rep1") as page:
        page.send({"t": "say", "id": "big", "text": "x" * 300_000})
        assert page.closed() == 1009
    with front.page("rep1") as page:
        page.send({"t": "say", "id": "bigger", "text": "x" * 5_000_000})
        assert page.closed() in (1009, 1006)


def test_emoji_alone_get_a_clear_answer(site: Site) -> None:
    with site.page("rep1") as page:
        page.say("😀🚗")
        assert page.last()


# Who may come in


def refusal(site: Site, path: str, origin: str | None, cookie: str | None) -> int | None:
    """The code a connection is closed with; None when `hello` is answered."""
    headers = {"Cookie": cookie} if cookie else {}
    address = site.url.replace("http", "ws") + path
    with connect(address, origin=Origin(origin) if origin else None, additional_headers=headers, proxy=None) as socket:
        try:
            socket.send(json.dumps({"t": "hello", "since": 0}))
            socket.recv(timeout=10)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006
    return None


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("path", ["/ws", "/widget/ws"])
def test_another_sites_page_does_not_get_in(front: Site, origin: str | None, path: str) -> None:
    assert refusal(front, path, origin, front.cookie("rep1")) == 4403


@pytest.mark.parametrize("cookie", [None, "chexin_session=forged", "chexin_session="])
def test_without_a_session_nobody_gets_in(front: Site, cookie: str | None) -> None:
    assert refusal(front, "/ws", front.url, cookie) == 4401


def test_the_public_address_is_an_origin_of_ours(small: Core) -> None:
    public = "https://chat.dealer.example"
    with served(small, settings=bot_settings(public_url=public)) as site:
        assert refusal(site, "/ws", public, site.cookie("rep1")) is None
        assert refusal(site, "/ws", "https://dealer.example", site.cookie("rep1")) == 4403


def test_there_is_no_socket_elsewhere(front: Site) -> None:
    with pytest.raises(InvalidStatus), connect(front.url.replace("http", "ws") + "/api/leads", proxy=None):
        pass


def test_signing_out_ends_the_open_pages_of_the_session(site: Site) -> None:
    cookie = site.cookie("rep1")
    with Page(site.url, cookie) as page, site.page("rep1") as other:
        site.http.post("/sign-out", headers={"Cookie": cookie, "Origin": site.url})
        assert page.closed() == 4401
        assert page.frames[-1] == {"t": "bye", "reason": "signed_out"}
        other.send({"t": "ping"})
        other.frame("pong")


def test_whoever_left_is_shown_out_at_his_next_sign_of_life(site: Site) -> None:
    from sqlalchemy import update

    from crm_core.org.tables import Person

    with site.page("rep2") as page:
        with site.core.database.write() as session:
            session.execute(update(Person).where(Person.code == "rep2").values(active=False))
        page.send({"t": "ping"})
        assert page.closed() == 4401


# The demo's clock


def test_the_clock_stands_outside_the_demo(site: Site) -> None:
    before = site.core.now()
    with site.page("rep1") as page:
        page.send({"t": "clock", "shift": 3600})
        page.send({"t": "ping"})
        page.frame("pong")
    assert site.core.now() == before


def test_in_the_demo_the_clock_moves_for_everybody(small: Core) -> None:
    small.clock = SystemClock()
    with served(small, demo=True) as site, site.page("rep1") as page, site.page("manager1") as other:
        before = site.core.now()
        page.send({"t": "clock", "shift": 7200})
        for one in (page, other):
            assert one.frame("clock")["now"] > before.isoformat()
        assert 7190 < (site.core.now() - before).total_seconds() < 7300
        for odd in (-3600, 0, 1e12, float("inf")):
            page.send({"t": "clock", "shift": odd})
        page.send({"t": "ping"})
        page.frame("pong")
        assert (site.core.now() - before).total_seconds() < 7300


def test_in_the_demo_people_are_listed_and_the_demo_key_works(small: Core) -> None:
    with served(small, demo=True) as site, site.page("rep1") as page:
        assert page.me["demo"]
        assert [p["name"] for p in page.me["people"]][:2] == ["陈晓明", "林佳"]
        assert site.lead(ZHANG, key="demo").status_code == 201


# Pictures and slow readers


def test_a_picture_is_shown_in_the_conversation(site: Site) -> None:
    content = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
    answer = site.http.post("/media", content=content, headers={"Content-Type": "image/png", "Origin": site.url,
                                                                "Cookie": site.cookie("rep1")})  # fmt: skip
    with site.page("rep1") as page:
        page.send({"t": "image", "id": "pic", "media": answer.json()["id"]})
        page.until(lambda: "pic" in page.acked and page.out(), what="an answer to a picture")
        shown = page.messages[page.acked["pic"] or 0]
        assert shown["image"]["url"] == f"/media/{answer.json()['id']}"
        assert shown["image"]["alt"]


def test_a_page_that_does_not_read_holds_up_nobody(small: Core) -> None:
    async def never(_: str) -> None:
        await asyncio.Event().wait()

    async def scene() -> None:
        hub = Hub(small)
        heard: asyncio.Queue[str] = asyncio.Queue()
        slow, quick = Connection("web:slow", "slow", never), Connection("web:quick", "quick", heard.put)
        tasks = [asyncio.create_task(one.run()) for one in (slow, quick)]
        for one in (slow, quick):
            one.ready = True
            hub.add(one)
            small.chats.receive(tenant="starway", channel="web", account="", chat=one.chat, person_id=one.person_id,
                                dedupe_key=one.chat, body={}, now=small.now(), show={"text": "hi"})  # fmt: skip
        await hub.flush()
        assert json.loads(await asyncio.wait_for(heard.get(), 5))["m"]["text"] == "hi"
        for _ in range(QUEUE + 1):
            hub.tell_all({"t": "toast", "text": "…"})
        await asyncio.sleep(0)
        assert (slow.code, slow.ready) == (TRY_AGAIN, False)
        for task in tasks:
            task.cancel()

    asyncio.run(scene())


# Cards whose buttons have done their work


def test_a_confirmed_card_changes_in_place(site: Site) -> None:
    with site.page("rep1") as page:
        with_lead(site, page)
        page.say("张伟周六下午3点试驾ES6")
        place = max(s for s, m in page.messages.items() if m["card"] and m["card"]["kind"] == "confirm")
        page.press("确认")
        card = page.messages[place]["card"]
        assert (card["buttons"], card["status"], card["tone"]) == ([], "已确认", "done")


def test_a_card_confirmed_or_cancelled_in_words_changes_too(site: Site) -> None:
    with site.page("rep1") as page:
        with_lead(site, page)
        for answer, status in (("算了", "已取消"), ("确认", "已确认")):
            page.say("张伟周六下午3点试驾ES6")
            place = max(s for s, m in page.messages.items() if m["card"] and m["card"]["kind"] == "confirm")
            page.say(answer)
            page.until(lambda p=place, s=status: page.messages[p]["card"]["status"] == s, what=status)
            assert page.messages[place]["card"]["buttons"] == []
