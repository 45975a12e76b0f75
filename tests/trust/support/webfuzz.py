"""Spoilt frames and leads: the web's own two ways in."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.hostile import STRANGE, changed, rows_elsewhere, spliced
from tests.support.site import KEY, Site

FRAMES: tuple[dict[str, Any], ...] = (
    {"t": "say", "id": "m", "text": "你好"},
    {"t": "say", "id": "m", "text": "hi", "contact": {"name": "王", "phone": "13800138000", "consent": True}},
    {"t": "press", "id": "m", "action": "abcdefgh"}, {"t": "image", "id": "m", "media": "01ABC"},
    {"t": "file", "id": "m", "media": "01ABC", "name": "a.pdf"}, {"t": "read", "seq": 3}, {"t": "history", "before": 9},
    {"t": "clock", "shift": 60}, {"t": "hello", "since": 1, "token": None, "lang": "zh"}, {"t": "ping"},
)  # fmt: skip
# Codes with which a page may be sent away; 1011 is an error of ours.
GOODBYES = (1000, 1002, 1007, 1009, 1013, 4401, 4403)
LEAD: dict[str, Any] = {
    "name": "张伟", "phone": "13800138000", "vehicle": "ES6", "source": "抖音", "city": "上海", "message": "周六试驾",
    "score": 50, "event_time": "2026-03-14T10:00:00+08:00", "utm": {"campaign": "spring"},
}  # fmt: skip


def spoilt_frame(number: int, chance: random.Random) -> str | bytes:
    """A frame of the protocol with something changed, cut, or nothing of a frame at all."""
    frame = chance.choice(FRAMES)
    frame = frame | {"id": f"m{number}"} if "id" in frame else frame
    match chance.randrange(8):
        case 0:
            return spliced(json.dumps(frame, ensure_ascii=False).encode(), chance).decode(errors="replace")
        case 1:
            return chance.randbytes(chance.randint(0, 60))
        case 2:
            return json.dumps(chance.choice(STRANGE))
        case _:
            return json.dumps(changed(frame, chance))


def frames_fuzz(site: Site, path: str, cookie: str | None, many: int, chance: random.Random) -> Counter[str]:
    """Send `many` on connections of a hundred each; each answers a ping at its end, unless it was sent away in words."""
    seen: Counter[str] = Counter()
    for first in range(0, many, 100):
        with _dialled(site, path, cookie) as socket:
            try:
                socket.send('{"t": "hello", "since": 0, "token": null, "lang": "zh"}')
                for number in range(first, min(first + 100, many)):
                    socket.send(spoilt_frame(number, chance))
                socket.send('{"t": "ping"}')
                _until_pong(socket, seen)
            except ConnectionClosed as error:
                code = error.rcvd.code if error.rcvd else 1006
                assert code in GOODBYES, (code, first)
                seen[f"closed {code}"] += 1
    return seen


def _dialled(site: Site, path: str, cookie: str | None) -> connect:
    address = site.url.replace("http", "ws", 1) + path
    headers = {"Cookie": cookie} if cookie else {}
    return connect(address, additional_headers=headers, origin=Origin(site.url), open_timeout=20, max_size=None, proxy=None)


def _until_pong(socket: ClientConnection, seen: Counter[str]) -> None:
    while True:
        frame = json.loads(socket.recv(timeout=60))
        seen[frame["t"]] += 1
        if frame["t"] == "pong":
            return


def hellos_fuzz(site: Site, path: str, cookie: str | None, many: int, chance: random.Random) -> None:
    """First frames, each on a connection of its own: let in, or sent away with a code that says why."""
    came_from = {"page": "https://x.example", "utm": {"a": "b"}}
    hello = {"t": "hello", "since": 1, "token": "abc", "lang": "zh", "from": came_from}
    for _ in range(many):
        with _dialled(site, path, cookie) as socket:
            socket.send(json.dumps(changed(hello, chance)))
            assert _end_of(socket) in (None, *GOODBYES), path


def _end_of(socket: ClientConnection) -> int | None:
    """The code it was closed with; None while it is open."""
    try:
        socket.recv(timeout=5)
    except TimeoutError:
        return None
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 1006
    return None


def leads_fuzz(site: Site, many: int, chance: random.Random) -> Counter[int]:
    """Post `many`; each 201 made one lead, and nothing else made any."""
    before, seen = rows_elsewhere(site.core), Counter[int]()
    for number in range(many):
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        match chance.randrange(6):
            case 0:
                body = spliced(json.dumps(LEAD, ensure_ascii=False).encode(), chance)
            case 1:
                body = json.dumps(LEAD).encode()
                headers = _spoilt_headers(headers, chance)
            case _:
                body = json.dumps(changed(LEAD | {"phone": f"138{number % 500:08d}"}, chance)).encode()
        answer = site.http.post("/api/leads", content=body, headers=headers)
        assert answer.status_code in (200, 201, 400, 401, 409, 413, 422), (answer.status_code, body)
        seen[answer.status_code] += 1
    after = rows_elsewhere(site.core)
    assert after["leads"] - before["leads"] == seen[201]
    assert after["touches"] - before["touches"] <= seen[200] + seen[201]
    return seen


def _spoilt_headers(headers: dict[str, str], chance: random.Random) -> dict[str, str]:
    name, value = chance.choice((
        ("Authorization", "Bearer"), ("Authorization", "Bearer demo"), ("Authorization", f"Basic {KEY}"),
        ("Authorization", f"Bearer {KEY}x"), ("Authorization", f"Bearer {KEY.upper()}"), ("Content-Type", "text/plain"),
        ("Content-Type", "application/json; charset=utf-7"), ("Idempotency-Key", "k" * 129), ("Idempotency-Key", "k 1"),
        ("Idempotency-Key", "'; drop table leads --"), ("Content-Type", "multipart/form-data"),
    ))  # fmt: skip
    return headers | {name: value}
