"""A demo server and a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import demo
from tests.support.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
OUT = Path(__file__).parent / "out"


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo dealership's data directory, to copy."""
    return demo.build(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def server(demo_template: Path, tmp_path: Path) -> Iterator[Server]:
    """A demo server of this test's own."""
    running = Server(demo.copy(demo_template, tmp_path / "data"), WIDGET_ORIGINS="http://127.0.0.1:8399").start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or whichever is on the path."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)
    found = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    if found is None:
        pytest.fail("no Chromium on the path; install the package `chromium`", pytrace=False)
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield opened
        opened.close()


@pytest.fixture
def windows(browser: Browser, server: Server) -> Iterator[Any]:
    """Opens people's windows, and holds at the end that none of them had an error."""
    from tests.browser.window import Windows

    opened = Windows(browser, server)
    yield opened
    opened.check_and_close()
