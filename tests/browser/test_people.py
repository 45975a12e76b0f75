"""Being away, the pool and who has not answered, on a phone: lines one can press."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.window import Windows

pytestmark = pytest.mark.browser
OVER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_leave_shows_what_moved_and_each_line_opens_it(windows: Windows) -> None:
    rep, other = windows.person("rep1"), windows.person("rep2")
    rep.say("我的代理是林佳")
    rep.say("明天上午10点提醒我给李建军发资料")
    rep.say("我今天到后天请假")
    rep.shot("70-leave")
    moved = other.card("由你代办")
    other.shot("71-moved")
    assert not other.page.evaluate(OVER)
    moved.locator(".line", has_text="发资料").first.click()
    expect(other.last().locator("section.card h3")).to_contain_text("发资料")
    rep.say("我回来了")
    rep.card("还有")
    rep.shot("72-back")


def test_the_manager_nudges_from_the_list(windows: Windows) -> None:
    rep, manager = windows.person("rep1"), windows.person("manager1")
    manager.say("谁还没按")
    waiting = manager.card("没人按")
    manager.shot("73-waiting")
    assert not manager.page.evaluate(OVER)
    waiting.get_by_role("button", name="催一下").first.click()
    expect(manager.last()).to_contain_text("已经提醒")
    rep.say("公海有什么")
    rep.shot("74-pool")
