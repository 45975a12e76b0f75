"""Fetching what an address points to that we did not choose: from public hosts alone, once, and not much of it.

A name is resolved once and the connection goes to the very address that was looked at, so that nobody can answer
differently the second time; redirects lead nowhere. Addresses an operator sets (a model's server, a transcriber) may be
private: `unfit` only refuses what no operator means.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

SECONDS = 5.0
MAX_BYTES = 1024 * 1024
MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Public by the book, and yet a way to somewhere else: translations to IPv4 and anycast into them.
_DETOURS = tuple(map(ipaddress.ip_network, (
    "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96", "::/96", "192.0.0.0/24", "192.88.99.0/24",
)))  # fmt: skip
# Where clouds tell a machine its own secrets.
_METADATA = tuple(map(ipaddress.ip_network, ("169.254.0.0/16", "100.100.100.200/32", "fd00:ec2::254/128", "fe80::/10")))
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "metadata", "instance-data"})


class Blocked(Exception):
    """Not fetched: the address is not one we go to, or what came is not what it should be."""


@dataclass(frozen=True)
class Target:
    """A checked address: where to connect, and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def is_public(ip: str) -> bool:
    """Whether an address belongs to somebody out there, and to nothing of ours by any detour."""
    try:
        found: _Address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if any(found.version == net.version and found in net for net in _DETOURS):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def check(url: str, own: str = "") -> Target:
    """Where `url` leads, resolved now. `own` is an origin an operator set, which may be private. Raises Blocked.

    Every address the name has must be public: one that is not is the trick.
    """
    parts, host, port = _parts(url)
    known = bool(own) and (parts.scheme, host, port) == _origin(own)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Blocked("name") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (known or all(map(is_public, addresses))):
        raise Blocked("address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses[0])


def fetch(url: str, *, own: str = "", limit: int = MAX_BYTES, seconds: float = SECONDS) -> bytes:
    """What a GET answers with 200, at most `limit` bytes. Each wait and the whole are bounded by `seconds`.

    `own` as in `check`. Raises Blocked, and OSError when nobody answers.
    """
    from http.client import HTTPException

    target, ends = check(url, own), time.monotonic() + seconds
    connection = _connection(target, seconds)
    try:
        connection.request("GET", target.path, headers={"Accept-Encoding": "identity"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Blocked(f"status {answer.status}")
        return _read(answer, limit, ends)
    except (HTTPException, ValueError) as error:
        raise Blocked(type(error).__name__) from error
    finally:
        connection.close()


def unfit(url: str) -> bool:
    """Whether an address that an operator set leads where a cloud keeps a machine's own secrets. Asks nobody."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host in _METADATA_NAMES:
        return True
    try:
        ip: _Address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return ip.is_multicast or any(ip.version == net.version and ip in net for net in _METADATA)


def _parts(url: str) -> tuple[SplitResult, str, int]:
    """(parts, host, port) of an http(s) address without anything two readers could read in two ways."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or any(c in url for c in " \\"):
        raise Blocked("form")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Blocked("form") from None
    if parts.scheme not in _PORTS or not host or "%" in host:
        raise Blocked("form")
    if "@" in parts.netloc:
        raise Blocked("user")
    return parts, host, port or _PORTS[parts.scheme]


def _origin(url: str) -> tuple[str, str, int]:
    parts, host, port = _parts(url)
    return parts.scheme, host, port


def _read(answer: HTTPResponse, limit: int, ends: float) -> bytes:
    found = bytearray()
    while part := answer.read1(64 * 1024):
        found += part
        if len(found) > limit:
            raise Blocked("size")
        if time.monotonic() > ends:
            raise Blocked("time")
    return bytes(found)


def _connection(target: Target, seconds: float) -> HTTPConnection:
    import ssl
    from http.client import HTTPConnection, HTTPSConnection

    if target.scheme == "http":
        plain = HTTPConnection(target.host, target.port, timeout=seconds)
        plain.sock = _connected(target, seconds)
        return plain
    context = ssl.create_default_context()
    sealed = HTTPSConnection(target.host, target.port, timeout=seconds, context=context)
    sealed.sock = context.wrap_socket(_connected(target, seconds), server_hostname=target.host)
    return sealed


def _connected(target: Target, seconds: float) -> socket.socket:
    """A connection to the address that was looked at, whatever the name says by now."""
    return socket.create_connection((target.ip, target.port), timeout=seconds)
