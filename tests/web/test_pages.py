"""Headers of every page, health, figures, documentation, sign-in, pictures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from itsdangerous import URLSafeTimedSerializer
from pydantic import SecretStr

from bot.web.sessions import Sessions
from crm_core.api import Core
from crm_core.kernel.pii import Cipher
from tests.conftest import TEST_KEY
from tests.support.site import KEY, Site, bot_settings, served

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/app.js", "/widget.js", "/health", "/metrics", "/nowhere"])
def test_every_page_has_the_strict_policy(front: Site, path: str) -> None:
    answer = front.http.get(path)
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/sign-in", "/widget", "/widget.js", "/static/app.js", "/static/chat.css"])
def test_pages_are_asked_for_anew_and_told_apart(front: Site, path: str) -> None:
    answer = front.http.get(path)
    assert answer.headers["cache-control"] == "no-cache"
    assert front.http.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code in (200, 304)


def test_scripts_and_drawings_have_their_types(front: Site) -> None:
    assert front.http.get("/static/app.js").headers["content-type"].startswith("text/javascript")
    assert front.http.get("/static/icon.svg").headers["content-type"].startswith("image/svg+xml")


def test_only_the_widget_may_be_framed_and_only_by_the_dealers_sites(small: object) -> None:
    settings = bot_settings(widget_origins="https://dealer.example, https://www.dealer.example")
    with served(small, settings=settings) as site:  # type: ignore[arg-type]
        answer = site.http.get("/widget")
        assert "frame-ancestors 'self' https://dealer.example https://www.dealer.example" in (
            answer.headers["content-security-policy"]
        )
        assert "x-frame-options" not in answer.headers
        assert site.http.get("/").headers["content-security-policy"] == CSP
        assert site.http.get("/widget.js").headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("name", ["../app.py", "..%2f..%2fapp.py", "%2e%2e/%2e%2e/web/app.py", "....//app.py"])
def test_nothing_outside_the_folder_is_served(front: Site, name: str) -> None:
    assert front.http.get(f"/static/{name}").status_code == 404


# Health, figures, documentation


def test_health_says_that_it_works(front: Site) -> None:
    answer = front.http.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["overdue"] == {"timers": 0, "messages": 0, "arrivals": 0, "dead": 0}


def test_health_fails_when_the_database_does(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: datetime) -> dict[str, int]:
        raise OSError("no such file: 13800138000")

    monkeypatch.setattr(site.core, "overdue", gone)
    answer = site.http.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "database unavailable"
    assert "13800138000" not in answer.text


def test_figures_count_and_name_nobody(site: Site) -> None:
    site.lead({"name": "张伟", "phone": "13800138000", "vehicle": "ES6"})
    with site.page("rep1") as page:
        page.say("今天要干嘛")
        site.http.get("/media/01SECRETSECRET")
        text = site.http.get("/metrics").text
    assert re.search(r"^chexin_leads_total 1\.0$", text, re.MULTILINE)
    assert re.search(r"^chexin_turns_total 1\.0$", text, re.MULTILINE)
    assert re.search(r"^chexin_web_connections 1\.0$", text, re.MULTILINE)
    assert 'path="/api/leads",status="201"' in text
    for word in ("张伟", "13800138000", "陈晓明", KEY, "SECRET", site.core.actor("rep1").id):
        assert word not in text


def test_the_documentation_comes_from_here_alone(front: Site) -> None:
    page = front.http.get("/api/docs")
    assert page.status_code == 200
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert address.startswith("/api/docs/")
        assert front.http.get(address).status_code == 200
    assert "/api/leads" in front.http.get("/api/openapi.json").json()["paths"]


# Signing in


def session_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].split(";")[0]


def home(site: Site, cookie: str) -> str:
    return "chat" if 'id="composer"' in site.http.get("/", headers={"Cookie": cookie}).text else "sign-in"


def post_token(site: Site, token: str, **headers: str) -> httpx.Response:
    return httpx.post(f"{site.url}/sign-in", data={"token": token}, headers=headers, follow_redirects=False)


def test_a_link_signs_in_once(site: Site) -> None:
    token = site.invitation("rep1")
    answer = post_token(site, token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert home(site, session_of(answer)) == "chat"
    again = post_token(site, token)
    assert again.headers["location"] == "/sign-in?reason=expired"
    assert "set-cookie" not in again.headers


def test_a_preview_of_a_link_does_not_use_it_up(site: Site) -> None:
    token = site.invitation("rep1")
    for _ in range(3):
        preview = httpx.get(f"{site.url}/sign-in", params={"token": token})
        assert preview.status_code == 200
        assert "set-cookie" not in preview.headers
    assert post_token(site, token).headers["location"] == "/"


def test_a_reusable_link_signs_in_by_itself(site: Site) -> None:
    token = site.invitation("rep2", reusable=True)
    for _ in range(2):
        answer = httpx.get(f"{site.url}/sign-in", params={"token": token})
        assert answer.headers["location"] == "/"
        assert home(site, session_of(answer)) == "chat"


@pytest.mark.parametrize("token", ["x", "x" * 199, "x" * 5000, "令牌", "'; drop table people; --"])
def test_an_unknown_link_leads_back(front: Site, token: str) -> None:
    answer = httpx.get(f"{front.url}/sign-in", params={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?reason=expired")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"])
def test_another_site_cannot_sign_somebody_in_or_out(site: Site, origin: str) -> None:
    token = site.invitation("rep1")
    assert post_token(site, token, Origin=origin).status_code == 403
    answer = httpx.post(f"{site.url}/sign-out", headers={"Origin": origin, "Cookie": site.cookie("rep1")})
    assert answer.status_code == 403
    assert post_token(site, token, Origin=site.url).headers["location"] == "/"


def test_signed_out_is_out_also_for_a_copy_of_the_cookie(site: Site) -> None:
    cookie = site.cookie("rep1")
    other = site.cookie("rep1")
    assert home(site, cookie) == "chat"
    answer = httpx.post(f"{site.url}/sign-out", headers={"Cookie": cookie, "Origin": site.url})
    assert answer.headers["location"] == "/sign-in?reason=out"
    assert home(site, cookie) == "sign-in"
    assert httpx.get(f"{site.url}/media/x", headers={"Cookie": cookie}).status_code == 401
    assert home(site, other) == "chat"


def test_an_old_session_ends(site: Site) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=31), tick=True):
        actor = site.core.actor("rep1")
        old = f"chexin_session={Sessions(site.core).for_person(actor.tenant, actor.id)}"
    assert home(site, old) == "sign-in"


def test_a_forged_session_is_none(site: Site) -> None:
    real = site.cookie("rep1")
    visitor = f"chexin_session={site.house.sessions.for_visitor('starway', site.core.actor('rep1').id)}"
    # Not the last character: some of its bits mean nothing.
    changed = real[:-9] + ("A" if real[-9] != "A" else "B") + real[-8:]
    for cookie in (changed, real + "x", visitor, "chexin_session=", "chexin_session=e30"):
        assert home(site, cookie) == "sign-in", cookie


def test_a_session_outlives_a_change_of_the_key(small: Core) -> None:
    with served(small) as site:
        before = site.cookie("rep1").split("=", 1)[1]
    given = {"secret_key": SecretStr("n" * 40), "old_secret_keys": SecretStr(TEST_KEY)}
    both = Core.open(small.settings.model_copy(update=given), small.clock)
    with served(both) as site:
        answer = site.http.get("/", headers={"Cookie": f"chexin_session={before}"})
        after = answer.cookies["chexin_session"]
        assert "httponly" in answer.headers["set-cookie"].lower()
        again = site.http.get("/", headers={"Cookie": f"chexin_session={after}"})
        assert "set-cookie" not in again.headers, "it is renewed once"
        new_alone = Cipher("n" * 40)
        assert URLSafeTimedSerializer(new_alone.sign(b"web-session"), salt="person").loads(after)
        assert site.house.sessions.person(after) == site.house.sessions.person(before), "the same session"
    both.close()


def test_whoever_left_is_out(site: Site) -> None:
    cookie = site.cookie("rep2")
    from sqlalchemy import update

    from crm_core.org.tables import Person

    with site.core.database.write() as session:
        session.execute(update(Person).where(Person.code == "rep2").values(active=False))
    assert home(site, cookie) == "sign-in"


# Pictures


def send(site: Site, content: bytes, mime: str, code: str | None = "rep1", **headers: str) -> httpx.Response:
    if code:
        headers["Cookie"] = site.cookie(code)
    return httpx.post(f"{site.url}/media", content=content, headers={"Content-Type": mime, **headers}, timeout=30)


@pytest.mark.parametrize(("content", "mime"), [(PNG, "image/png"), (JPEG, "image/jpeg; charset=binary")])
def test_a_picture_is_kept_for_its_sender(front: Site, content: bytes, mime: str) -> None:
    answer = send(front, content, mime, Origin=front.url)
    assert answer.status_code == 201
    address = f"{front.url}/media/{answer.json()['id']}"
    found = httpx.get(address, headers={"Cookie": front.cookie("rep1")})
    assert (found.content, found.headers["content-type"]) == (content, mime.split(";")[0])
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"].startswith("private")
    absent = httpx.get(f"{front.url}/media/01XXXXXXXXXXXXXXXXXXXXXXXX", headers={"Cookie": front.cookie("rep2")})
    foreign = httpx.get(address, headers={"Cookie": front.cookie("rep2")})
    assert (foreign.status_code, foreign.text) == (absent.status_code, absent.text) == (404, absent.text)
    assert httpx.get(address).status_code == 401


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b"<html>", "image/png"),
        (PNG, "image/jpeg"),
        (PNG, "text/html"),
        (PNG, ""),
        (b"", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "image/webp"),
    ],
)
def test_what_is_no_picture_is_refused(front: Site, content: bytes, mime: str) -> None:
    assert send(front, content, mime).status_code == 415


def test_pictures_have_a_limit_a_sender_and_an_origin(front: Site) -> None:
    assert send(front, PNG + b"\x00" * (10 * 1024 * 1024), "image/png").status_code in (413, 415)
    assert send(front, PNG + b"\x00" * (11 * 1024 * 1024), "image/png").status_code == 413
    assert send(front, PNG, "image/png", code=None).status_code == 401
    assert send(front, PNG, "image/png", Origin="https://evil.example").status_code == 403
