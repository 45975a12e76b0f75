"""The picture of a code: taken only when it is one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.channels.wecom.qr import MAX_BYTES, picture_at

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
PAGES = {"/code.png": PNG, "/code.jpg": b"\xff\xd8\xff" + bytes(32), "/page": b"<html>", "/huge.png": PNG + bytes(MAX_BYTES)}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = PAGES.get(self.path)
        self.send_response(200 if content else 404)
        self.end_headers()
        self.wfile.write(content or PNG)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "mime"), [("/code.png", "image/png"), ("/code.jpg", "image/jpeg")])
def test_picture_is_taken(origin: str, path: str, mime: str) -> None:
    assert picture_at(origin + path, origin) == (mime, PAGES[path])


@pytest.mark.parametrize("path", ["/page", "/huge.png", "/nothing.png"])
def test_anything_else_is_not(origin: str, path: str) -> None:
    assert picture_at(origin + path, origin) is None


@pytest.mark.parametrize("link", ["", "file:///etc/hostname", "ftp://127.0.0.1/x.png", "http://127.0.0.1:1/x.png", "http://"])
def test_no_address_no_picture(link: str) -> None:
    assert picture_at(link) is None


def test_nobody_is_sent_to_a_machine_beside_us(origin: str) -> None:
    assert picture_at(f"{origin}/code.png") is None
    assert picture_at(f"{origin}/code.png", "http://127.0.0.1:1") is None
