"""Addresses somebody else chose lead to public hosts alone; what is pinned cannot be answered differently later."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from bot import outbound
from bot.outbound import Blocked, fetch, is_public, unfit

pytestmark = pytest.mark.trust

INSIDE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "fe80::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::",
    "2001:db8::1",
)  # fmt: skip
PUBLIC = ("93.184.215.14", "8.8.8.8", "120.232.145.144", "2606:4700:4700::1111", "2400:3200::1")
FORMS = (
    "http://localhost/", "http://127.1/", "http://0/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
    "http://127.0.0.1:8080/x.png", "https://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25eth0]/",
    "http://public.example@127.0.0.1/", "http://127.0.0.1#@public.example/", "http://127.0.0.1\\@public.example/",
    "http://public.example\\.127.0.0.1/", "http:// 127.0.0.1/", "http://127。0。0。1/", "http://①②⑦.0.0.1/",
    "http://localhost./", "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:6379/_PING", "dict://127.0.0.1/",
    "//127.0.0.1/", "http:/127.0.0.1/", "http:127.0.0.1", "javascript:alert(1)", "data:image/png;base64,AA", "",
    "http://", "http://:80/", "http://public.example:99999/", "http://public.example:x/", "http://" + "a" * 3000,
    "http://127.0.0.1/\r\nHost: x", "http://public.example/\x00",
)  # fmt: skip
NAMES = {"public.example": ["93.184.215.14"], "inside.example": ["10.0.0.5"], "both.example": ["93.184.215.14", "127.0.0.1"],
         "metadata.example": ["169.254.169.254"], "six.example": ["64:ff9b::7f00:1"]}  # fmt: skip


class Wire:
    """What was asked of a name server, and where a connection was made to. Nobody answers there."""

    def __init__(self, answers: Callable[[str], list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.connected: list[str] = []

    def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in self.answers(host)]

    def connect(self, address: tuple[str, int], **_: Any) -> socket.socket:
        self.connected.append(address[0])
        raise ConnectionRefusedError


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    def known(host: str) -> list[str]:
        try:
            return [socket.inet_ntoa(socket.inet_aton(host))]
        except OSError:
            return NAMES.get(host) or ["127.0.0.1"]

    found = Wire(known)
    monkeypatch.setattr(outbound.socket, "getaddrinfo", found.look_up)
    monkeypatch.setattr(outbound.socket, "create_connection", found.connect)
    return found


def reached(url: str) -> None:
    """Fetch, and let nobody's silence count."""
    try:
        fetch(url)
    except (Blocked, ConnectionRefusedError):
        return
    raise AssertionError(url)


def inside_urls() -> list[str]:
    """Every form, every address plain and in brackets, and names that resolve to them."""
    literal = [f"http://[{ip}]/x" if ":" in ip else f"http://{ip}/x" for ip in INSIDE]
    return [*FORMS, *literal, *(f"https://{name}/x" for name in NAMES if name != "public.example")]


def test_no_form_of_an_address_leads_inside(wire: Wire) -> None:
    assert len(inside_urls()) >= 60
    for url in inside_urls():
        reached(url)
    assert wire.connected == []


def test_a_public_one_is_gone_to_at_the_address_looked_at(wire: Wire) -> None:
    reached("https://public.example/a.png")
    assert wire.connected == ["93.184.215.14"]


def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = iter([["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]])
    wire = Wire(lambda host: next(turns))
    monkeypatch.setattr(outbound.socket, "getaddrinfo", wire.look_up)
    monkeypatch.setattr(outbound.socket, "create_connection", wire.connect)
    reached("http://rebinding.example/")
    assert (wire.connected, len(wire.asked)) == (["93.184.215.14"], 1)


@pytest.mark.parametrize("ip", INSIDE)
def test_inside(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", PUBLIC)
def test_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(("url", "refused"), [
    ("http://127.0.0.1:11434/v1", False), ("http://10.0.0.7:8000/v1", False), ("https://api.deepseek.com/v1", False),
    ("", False), ("http://169.254.169.254/v1", True), ("http://100.100.100.200/", True),
    ("http://metadata.google.internal./x", True), ("http://[fd00:ec2::254]/", True), ("http://224.0.0.1/", True),
])  # fmt: skip
def test_an_operators_own_servers_may_be_private_but_no_clouds_secrets(url: str, refused: bool) -> None:
    assert unfit(url) is refused


def test_red_without_the_guard(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda ip: True)
    for url in inside_urls():
        reached(url)
    assert wire.connected
