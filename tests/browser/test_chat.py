"""What a page must bear: breaks, double presses, no mouse, hostile text; and the visitor's widget."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.window import Window, Windows

pytestmark = pytest.mark.browser
LEAD = {"name": "沈雨桐", "phone": "13900139777", "vehicle": "ES6", "source": "官网", "city": "上海"}


def test_two_quick_presses_have_one_effect(windows: Windows) -> None:
    rep, again = windows.person("rep1"), windows.person("rep1")
    assert windows.server.lead(**LEAD).status_code == 201
    for window in (rep, again):
        expect(window.card("沈雨桐").get_by_role("button", name="已联系")).to_be_visible()
    rep.card("沈雨桐").get_by_role("button", name="已联系").dblclick()
    rep.press("有意向")
    # The other window of the same person has followed, without being loaded anew.
    expect(again.cards("沈雨桐").first.locator(".chip")).to_contain_text("有意向")
    rep.say("沈雨桐上次聊了什么")
    assert rep.last().inner_text().count("有意向") == 1


def test_the_conversation_goes_on_after_the_server_was_killed(windows: Windows) -> None:
    windows.allowed = ("ERR_CONNECTION_REFUSED", "WebSocket connection to")
    rep = windows.person("rep1")
    assert windows.server.lead(**LEAD).status_code == 201
    expect(rep.card("沈雨桐")).to_be_visible()
    windows.server.kill()
    expect(rep.page.locator("#banner.shown")).to_be_visible()
    rep.page.locator("#text").fill("给沈雨桐打过电话了，有意向")
    rep.page.locator("#text").press("Enter")
    expect(rep.page.locator("#log .message.pending")).to_have_count(1)
    rep.shot("40-broken")
    windows.server.start()
    expect(rep.page.locator("#log .message.pending")).to_have_count(0)
    expect(rep.page.locator("#banner.shown")).to_have_count(0)
    expect(rep.page.locator("#log .message.mine")).to_have_count(1)
    expect(rep.last()).to_contain_text("沈雨桐")


def test_everything_can_be_done_with_the_keyboard(windows: Windows) -> None:
    rep = windows.person("rep1")
    assert windows.server.lead(**LEAD).status_code == 201
    expect(rep.card("沈雨桐")).to_be_visible()
    rep.page.keyboard.press("Tab")
    for _ in range(60):
        focused = rep.page.evaluate("document.activeElement.innerText?.trim() || ''")
        if focused == "已联系":
            break
        rep.page.keyboard.press("Shift+Tab")
    assert focused == "已联系"
    rep.page.keyboard.press("Enter")
    expect(rep.card("怎么样")).to_be_visible()
    expect(rep.cards("沈雨桐").first.get_by_role("button", name="已联系")).to_have_count(0)
    # What is read aloud: a log with names on every control.
    nameless = rep.page.evaluate(
        "[...document.querySelectorAll('button,a,textarea,input:not([hidden])')].filter(e=>e.offsetParent&&"
        "!(e.textContent.trim()||e.getAttribute('aria-label')||e.labels?.length)).map(e=>e.outerHTML)"
    )
    assert nameless == []
    assert rep.page.locator("#log").get_attribute("role") == "log"


def test_hostile_names_stay_text(windows: Windows) -> None:
    rep = windows.person("rep1")
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    windows.server.lead(name=evil, city="上海", phone="13900139776", vehicle="javascript:alert(3)", message="http://evil.example/")
    card = rep.cards().last
    expect(card).to_contain_text("<script>alert(2)</script>")
    rep.say(evil)
    assert rep.page.locator("#log script, #log img[src='x'], #log a[href*='evil'], #log a[href^='javascript']").count() == 0


def test_moving_the_clock_brings_the_reminder_and_then_the_manager(windows: Windows) -> None:
    rep, manager = windows.person("rep1"), windows.person("manager1")
    assert windows.server.lead(**LEAD).status_code == 201
    expect(rep.card("沈雨桐")).to_be_visible()
    before = rep.cards("沈雨桐").count()
    rep.page.get_by_role("button", name="+1 小时").click()
    expect(rep.cards("沈雨桐")).not_to_have_count(before)
    expect(manager.cards("沈雨桐").first).to_be_visible()
    rep.shot("41-reminder")
    manager.shot("42-escalated")


def test_sign_out_and_in_again(windows: Windows) -> None:
    rep = windows.person("rep1")
    rep.page.locator("#panel-open").click()
    rep.page.locator("#sign-out button").click()
    rep.page.wait_for_url("**/sign-in?reason=out")
    rep.shot("43-signed-out")
    rep.page.goto(windows.server.url)
    expect(rep.page.locator("#text")).to_have_count(0)


# The visitor's widget


@pytest.fixture
def dealers_site() -> Iterator[str]:
    """A dealer's own site, on another origin, with the loader in its page."""
    box: dict[str, str] = {"chat": ""}

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><h1>ES6 限时优惠</h1>"
                f"<script async src='{box['chat']}/widget.js' data-lang=zh data-open=true></script>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8399), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.box = box  # type: ignore[attr-defined]
    DEALERS.append(box)
    yield "http://127.0.0.1:8399/es6?utm_source=douyin&utm_campaign=spring"
    server.shutdown()
    server.server_close()


DEALERS: list[dict[str, str]] = []


def test_a_visitor_asks_and_becomes_a_lead(windows: Windows, dealers_site: str) -> None:
    DEALERS[-1]["chat"] = windows.server.url
    rep = windows.person("rep1")
    visitor: Window = windows.blank()
    visitor.page.goto(dealers_site)
    frame = frame_of(visitor)
    box = frame.locator("#text")
    box.fill("发动机灯亮了还能开吗")
    box.press("Enter")
    expect(frame.locator("#log .message.theirs").last).to_be_visible()
    visitor.shot("50-visitor")
    asked = frame.locator("#log .message.theirs").count()
    box.fill("我叫方晓，电话13700137001，想试驾ES6")
    box.press("Enter")
    expect(frame.locator("#log .message.theirs")).not_to_have_count(asked)
    visitor.shot("51-visitor-left-phone")
    expect(rep.cards().filter(has_text="13700137001")).to_be_visible()
    # The same visitor comes back and finds his conversation.
    visitor.page.reload()
    expect(frame_of(visitor).locator("#log .message.mine").first).to_be_visible()


def frame_of(window: Window) -> Frame:
    """The chat's frame; it hides in a closed shadow root, where no selector finds it."""
    for _ in range(100):
        found = [f for f in window.page.frames if "/widget" in f.url]
        if found:
            break
        window.page.wait_for_timeout(100)
    frame = found[0]
    expect(frame.locator("#text")).to_be_visible()
    return frame
