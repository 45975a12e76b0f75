"""Tests stay on this machine: a connection to anywhere else is an error, whoever opens it."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

LOCAL_NAMES = frozenset({"", "localhost", "ip6-localhost", "testserver", "test"})


class LeftTheMachine(BaseException):
    """A test tried to reach another machine. Not an Exception, so that no retry hides it."""


def guard(also: frozenset[str] = frozenset()) -> None:
    """Refuse, from now on and in this process, every connection and look-up beyond loopback and `also`."""

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto"):
            # A Unix socket's address is a path, an Internet one a tuple.
            host = args[1][0] if isinstance(args[1], tuple) and args[1] else None
        elif event == "socket.getaddrinfo":
            host = args[0]
        else:
            return
        if not is_local(host) and host not in also:
            raise LeftTheMachine(f"{event}: {host!r}")

    sys.addaudithook(watch)


def is_local(host: Any) -> bool:
    """Whether a host's name or address stays on this machine; None is the machine itself."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name.lower() in LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
