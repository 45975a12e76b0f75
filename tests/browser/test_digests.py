"""The day's plan and the week on a phone: lines one can press, a picture one can read and keep."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.window import Windows

pytestmark = pytest.mark.browser
OVER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_each_line_of_the_plan_opens_its_record(windows: Windows) -> None:
    rep = windows.person("rep1")
    for n in range(14):
        rep.say(f"今天{11 + n // 4}点{n % 4}0分提醒我给李建军发资料{n + 1}")
    rep.say("今天的计划")
    plan = rep.card("今天的计划")
    assert plan.locator(".line").count() == 12
    for line in plan.locator(".line").all():
        box = line.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    assert not rep.page.evaluate(OVER)
    rep.shot("60-plan")
    plan.locator(".line", has_text="发资料1").first.click()
    expect(rep.last().locator("section.card h3")).to_contain_text("发资料1")
    # The plan's lines can be pressed again, and the rest is a press away.
    plan.get_by_role("button", name="还有").click()
    expect(rep.card("其余").locator(".line").first).to_be_visible()
    rep.say("今天总结")
    rep.shot("61-summary")


def test_the_week_has_a_picture_that_is_shown_described_and_kept(windows: Windows) -> None:
    manager = windows.person("manager1")
    manager.say("本周周报")
    image = manager.last().locator(".picture img")
    expect(image).to_be_visible()
    alt = image.get_attribute("alt") or ""
    assert "商机漏斗" in alt
    assert image.evaluate("i => i.complete && i.naturalWidth") == 1080
    assert not manager.page.evaluate(OVER)
    manager.shot("62-week")
    manager.last().locator(".picture").click()
    manager.shot("63-week-large")
    keep = manager.page.locator(".lightbox a[download]")
    expect(keep).to_have_accessible_name("下载图片")
    with manager.page.expect_download() as kept:
        keep.click()
    assert kept.value.suggested_filename.endswith(".png")
    assert kept.value.path().read_bytes().startswith(b"\x89PNG")
