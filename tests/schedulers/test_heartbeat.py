"""The sign of life to somebody outside: one GET, never an error, never its address in a log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from structlog.testing import capture_logs

from schedulers.heartbeat import Heartbeat
from tests.support.server import free_port


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str], threading.Event]]:
    """A server that notes what was asked of it, and answers when it may."""
    asked: list[str] = []
    may = threading.Event()
    may.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            may.wait(10)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/ping/s3cret", asked, may
    may.set()
    server.shutdown()
    server.server_close()


def test_one_get_each_time(outside: tuple[str, list[str], threading.Event]) -> None:
    url, asked, _ = outside
    beat = Heartbeat(url)
    for _ in range(2):
        thread = beat.send()
        assert thread is not None
        thread.join(10)
    assert asked == ["/ping/s3cret"] * 2


def test_never_two_at_a_time(outside: tuple[str, list[str], threading.Event]) -> None:
    url, asked, may = outside
    may.clear()
    beat = Heartbeat(url)
    first = beat.send()
    assert first is not None
    assert beat.send() is None
    may.set()
    first.join(10)
    again = beat.send()
    assert again is not None
    again.join(10)
    assert len(asked) == 2


def test_without_an_address_nothing_is_sent() -> None:
    assert Heartbeat("").send() is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/s3cret", "no address at s3cret"])
def test_what_fails_is_logged_without_the_address(url: str) -> None:
    with capture_logs() as logs:
        thread = Heartbeat(url.format(port=free_port())).send()
        assert thread is not None
        thread.join(10)
    assert [log["event"] for log in logs] == ["heartbeat_failed"]
    assert "s3cret" not in str(logs)
