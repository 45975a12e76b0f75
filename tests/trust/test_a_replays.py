"""Suite A, who and how often: recorded calls, foreign pages, stolen keys, claimed phones and guessed links gain nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from bot.channels.telegram.reading import Reader
from bot.ports import EventKind
from bot.web import sessions
from crm_core.api import Core
from crm_core.leads.tables import Lead
from tests.channels.conftest import moving_core
from tests.channels.telegram.conftest import CUSTOMERS, STAFF
from tests.support.fakes.telegram import FakeTelegram
from tests.support.fakes.wecom import fake_wecom
from tests.support.fakes.wecom_callback import Sealed
from tests.support.fakes.wecom_site import wecom_settings
from tests.support.site import KEY, Site, served
from tests.trust.support.size import size
from tests.trust.support.webhooks import called, kept, posted, telegram_settings, updates

pytestmark = pytest.mark.trust
REPLAYS = size(60, 1_000)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
FOREIGN = ("https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1.evil.example", "file://")


@pytest.fixture
def moving(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = moving_core(small_sqlite, tmp_path)
    yield core
    core.close()


@pytest.fixture
def web(moving: Core) -> Iterator[Site]:
    with served(moving, role="web") as site:
        yield site


def test_an_update_sent_again_is_one(moving: Core) -> None:
    with FakeTelegram(STAFF, CUSTOMERS) as telegram:
        with served(moving, settings=telegram_settings(telegram), role="web") as site:
            body = json.dumps(updates(7)[0]).encode()
            assert all(posted(site, body) for _ in range(REPLAYS))
        assert kept(moving, "telegram") == ["7"]


def test_a_call_sent_again_or_split_anew_is_one(moving: Core) -> None:
    with fake_wecom() as fake, served(moving, settings=wecom_settings(fake), role="web") as site:
        sealed = fake.caller.sealed(fake.caller.message("zhang.san", "text", Content="你好"))
        assert all(called(site, sealed) for _ in range(REPLAYS))
        whole = sealed.params["timestamp"] + sealed.params["nonce"]
        splits = [at for at in range(1, len(whole)) if at != len(sealed.params["timestamp"])]
        assert len(splits) >= 9
        for at in splits:
            called(site, Sealed(sealed.params | {"timestamp": whole[:at], "nonce": whole[at:]}, sealed.body))
    assert len(kept(moving, "wecom")) == 1


# Another site's page


def cookies(site: Site) -> dict[str, str]:
    """Those a browser might send along: none, made up, a visitor's token in the place of a person's, a person's."""
    visitor = site.house.sessions.for_visitor("starway", site.core.actor("rep1").id)
    return {"none": "", "forged": "chexin_session=eyJhIjoxfQ.x.y", "visitor": f"chexin_session={visitor}",
            "person": site.cookie("rep1")}  # fmt: skip


def changes(site: Site, headers: dict[str, str]) -> list[int]:
    """The answers to everything a page may change by."""
    token = site.invitation("rep2")
    return [
        site.http.post("/media", content=PNG, headers=headers | {"Content-Type": "image/png"}).status_code,
        site.http.post("/files?name=a.md", content=b"# a\n\nwords", headers=headers).status_code,
        site.http.post("/sign-in", data={"token": token}, headers=headers).status_code,
        site.http.post("/sign-out", headers=headers).status_code,
    ]  # fmt: skip


def test_no_foreign_page_changes_anything_with_anybodys_cookie(web: Site) -> None:
    for cookie in cookies(web).values():
        for origin in FOREIGN:
            headers = {"Origin": origin} | ({"Cookie": cookie} if cookie else {})
            assert set(changes(web, headers)) == {403}, (origin, cookie[:20])
            assert _closed(web, "/ws", origin, cookie) == 4403
            assert _closed(web, "/widget/ws", origin, cookie) == 4403


def test_our_own_page_needs_a_persons_cookie(web: Site) -> None:
    given = cookies(web)
    for name in ("none", "forged", "visitor"):
        assert _closed(web, "/ws", web.url, given[name]) == 4401, name
        headers = {"Origin": web.url, "Cookie": given[name]}
        answer = web.http.post("/media", content=b"\x89PNG\r\n\x1a\n", headers=headers | {"Content-Type": "image/png"})
        assert answer.status_code == 401, name
    assert _closed(web, "/ws", web.url, given["person"]) is None


def _closed(site: Site, path: str, origin: str, cookie: str) -> int | None:
    headers = {"Cookie": cookie} if cookie else {}
    address = site.url.replace("http", "ws", 1) + path
    with connect(address, origin=Origin(origin), additional_headers=headers, proxy=None) as socket:
        try:
            socket.send('{"t": "hello", "since": 0}')
            socket.recv(timeout=10)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006
    return None


def test_red_when_origins_do_not_matter(web: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.pages.same_origin", lambda headers, public_url, needed: True)
    assert sessions.same_origin
    with pytest.raises(AssertionError):
        test_no_foreign_page_changes_anything_with_anybodys_cookie(web)


# Keys, phones, links


def test_a_key_is_its_own_and_a_request_acts_once(web: Site) -> None:
    wrong = (KEY[:-1], KEY + "x", KEY.upper(), "demo", "null", secrets.token_urlsafe(32), KEY.replace("-", "_"))
    assert {web.lead({"phone": "13800138000"}, key=key).status_code for key in wrong} == {401}
    assert _leads(web.core) == 0
    answers = [web.lead({"phone": "13800138000", "name": "张伟"}, once="k").status_code for _ in range(REPLAYS)]
    assert (answers[0], set(answers[1:])) == (201, {200})
    assert web.lead({"phone": "13800138001", "name": "张伟"}, once="k").status_code == 409
    assert _leads(web.core) == 1


def _leads(core: Core) -> int:
    with core.database.read() as session:
        return int(session.execute(select(func.count()).select_from(Lead)).scalar_one())


OWN: dict[str, Any] = {"phone_number": "+8613800138000", "first_name": "伟", "user_id": 9}
PASSED_ON = {"type": "hidden_user", "date": 1_770_000_000, "sender_user_name": "x"}


@pytest.mark.parametrize("more", [
    {"text": "我的手机号是13800138000"}, {"contact": OWN | {"user_id": 8}}, {"contact": {**OWN, "user_id": None}},
    {"contact": OWN, "forward_origin": PASSED_ON}, {"contact": {k: v for k, v in OWN.items() if k != "user_id"}},
])  # fmt: skip
def test_a_phone_is_vouched_for_only_by_its_owners_own_share(more: dict[str, Any]) -> None:
    event = _read(more)
    assert event is None or not event.phone


def test_ones_own_share_counts() -> None:
    event = _read({"contact": OWN})
    assert event is not None
    assert (event.kind, event.phone) == (EventKind.CONTACT, "+8613800138000")


def _read(more: dict[str, Any]) -> Any:
    who = {"id": 9, "is_bot": False, "first_name": "伟"}
    message = {"message_id": 1, "date": 1_770_000_000, "from": who, "chat": {"id": 9, "type": "private"}, **more}
    return Reader("telegram:7", 7, staff=False).read({"update_id": 1, "message": message})


def test_links_cannot_be_guessed(web: Site) -> None:
    for _ in range(size(30, 300)):
        guess = secrets.token_urlsafe(24)
        answer = web.http.post("/sign-in", data={"token": guess}, headers={"Origin": web.url})
        assert "chexin_session" not in answer.headers.get("set-cookie", "")
    token = web.invitation("rep1")
    assert len(token) >= 22
    first, second = (web.http.post("/sign-in", data={"token": token}, headers={"Origin": web.url}) for _ in range(2))
    assert "chexin_session" in first.headers.get("set-cookie", "")
    assert "chexin_session" not in second.headers.get("set-cookie", "")
