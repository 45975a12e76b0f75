"""A person in front of a browser: types, presses, reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.server import Server

OUT = Path(__file__).parent / "out"
WATCH = "window.refused=[];addEventListener('securitypolicyviolation',e=>refused.push(e.violatedDirective+' '+e.blockedURI))"
PHONE, DESKTOP = {"width": 375, "height": 812}, {"width": 1280, "height": 800}


class Window:
    """One window, with what went wrong in it."""

    def __init__(self, browser: Browser, viewport: dict[str, int], dark: bool = False, locale: str = "zh-CN") -> None:
        self.context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            device_scale_factor=2, locale=locale, timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light", reduced_motion="reduce",
        )  # fmt: skip
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.add_init_script(WATCH)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
        self.foreign: list[str] = []

    def say(self, text: str) -> None:
        """Type a line, send it, and wait for an answer."""
        before = self.page.locator("#log .message.theirs").count()
        box = self.page.locator("#text")
        box.fill(text)
        box.press("Enter")
        expect(self.page.locator("#log .message.theirs")).not_to_have_count(before)
        expect(self.page.locator("#typing .dots")).to_have_count(0)

    def cards(self, title: str | None = None) -> Locator:
        cards = self.page.locator("#log section.card")
        return cards.filter(has=self.page.locator("h3", has_text=title)) if title else cards

    def card(self, title: str) -> Locator:
        """The newest card with this in its title."""
        return self.cards(title).last

    def press(self, label: str, title: str | None = None) -> None:
        """Press the newest button with this label and wait until the press is answered."""
        cards = self.cards(title) if title else self.page.locator("#log")
        cards.get_by_role("button", name=label, exact=True).last.click()
        expect(self.page.locator("#log [aria-busy=true]")).to_have_count(0)

    def last(self) -> Locator:
        return self.page.locator("#log .message.theirs").last

    def shot(self, name: str) -> Path:
        path = OUT / f"{name}.png"
        self.page.wait_for_timeout(250)
        self.page.screenshot(path=path)
        return path

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.refused || []")
        return found


class Windows:
    """Everybody's windows of one test."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser = browser
        self.server = server
        self.open: list[Window] = []
        # What a test does on purpose (a server that is gone) leaves errors that are none.
        self.allowed: tuple[str, ...] = ()

    def person(self, code: str, viewport: dict[str, int] = PHONE, **more: Any) -> Window:
        """Sign in by the demo's link and wait for the chat."""
        window = self.blank(viewport, **more)
        window.page.goto(self.server.links()[code])
        expect(window.page.locator("#text")).to_be_visible()
        expect(window.page.locator("#subtitle")).to_contain_text("·")
        return window

    def blank(self, viewport: dict[str, int] = PHONE, **more: Any) -> Window:
        window = Window(self.browser, viewport, **more)
        self.open.append(window)
        return window

    def check_and_close(self) -> None:
        problems = [p for w in self.open for p in (*w.errors, *w.violations())]
        for window in self.open:
            window.context.close()
        assert not [p for p in problems if not any(word in p for word in self.allowed)]
