"""The web chat's page without a browser: speaks the protocol, keeps messages by place and revision."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from crm_core.kernel.ids import new_id

Message = dict[str, Any]
PATIENCE_S = 20.0


class Page:
    """One open page. `messages` is what the person sees, `acked` what the server has confirmed."""

    def __init__(self, url: str, cookie: str | None, *, path: str = "/ws", **hello: Any) -> None:
        headers = {"Cookie": cookie} if cookie else {}
        address = url.replace("http", "ws", 1) + path
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(address, additional_headers=headers, origin=Origin(url), open_timeout=20, max_size=None, proxy=None)
        )
        self.frames: list[dict[str, Any]] = []
        self.messages: dict[int, Message] = {}
        self.acked: dict[str, int | None] = {}
        self.refused: dict[str, str] = {}
        self.rev = 0
        self.send({"t": "hello", "since": 0, "token": None, "lang": "zh", **hello})
        self.me = self.frame("me")
        self.frame("batch")

    # Frames

    def send(self, frame: dict[str, Any] | str) -> None:
        self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def receive(self, timeout: float) -> dict[str, Any] | None:
        """The next frame, None when there is none in time. Raises ConnectionClosed at the end."""
        try:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=max(timeout, 0.001)))
        except TimeoutError:
            return None
        self.frames.append(frame)
        self._take(frame)
        return frame

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "ack":
            self.acked[frame["id"]] = frame["seq"]
        elif frame["t"] == "refused":
            self.refused[frame["id"]] = frame["text"]
        for message in frame.get("messages", []) + ([frame["m"]] if frame["t"] == "msg" else []):
            known = self.messages.get(message["seq"])
            if known is None or known["rev"] < message["rev"]:
                self.messages[message["seq"]] = message
            self.rev = max(self.rev, message["rev"])

    def until(self, done: Callable[[], Any], patience: float = PATIENCE_S, what: str = "") -> Any:
        """Read frames until `done()` says something. Raises AssertionError with what was seen."""
        end = time.monotonic() + patience
        while not (found := done()):
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"waited in vain for {what or 'something'}; seen:\n{self.story()}")
            self.receive(left)
        return found

    def frame(self, kind: str, patience: float = PATIENCE_S) -> dict[str, Any]:
        """The newest frame of a kind, waiting for the first one."""
        def newest() -> dict[str, Any] | None:
            return next((f for f in reversed(self.frames) if f["t"] == kind), None)

        found: dict[str, Any] = self.until(newest, patience, f"a frame {kind}")
        return found

    def settle(self, quiet: float = 0.6) -> Page:
        """Read until nothing has come for a while."""
        while self.receive(quiet) is not None:
            continue
        return self

    def closed(self, patience: float = PATIENCE_S) -> int:
        """Read to the end of the connection; its close code."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                self.receive(end - time.monotonic())
            except ConnectionClosed as error:
                return error.rcvd.code if error.rcvd else 1006
        raise AssertionError("the connection was not closed")

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._open.close()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What a person does

    def say(self, text: str, *, message_id: str = "", wait: bool = True, **more: Any) -> str:
        """Say something; with `wait`, until the server has it and has answered."""
        message_id = message_id or new_id()
        before = max(self.messages, default=0)
        self.send({"t": "say", "id": message_id, "text": text, **more})
        if wait:
            self.until(lambda: message_id in self.acked or message_id in self.refused, what=f"an ack of {text!r}")
        if wait and message_id in self.acked:
            place = max(before, self.acked[message_id] or 0)
            self.until(lambda: any(s > place and m["dir"] == "out" for s, m in self.messages.items()),
                       what=f"an answer to {text!r}")  # fmt: skip
            self.settle(0.3)
        return message_id

    def press(self, label: str, *, kind: str | None = None, message_id: str = "", wait: bool = True) -> str:
        """Press the newest button with this label (of a card of this kind)."""
        button = self.until(lambda: self.button(label, kind), what=f"a button {label!r}")
        return self.press_id(button["id"], message_id=message_id, wait=wait)

    def press_id(self, action: str, *, message_id: str = "", wait: bool = True) -> str:
        message_id = message_id or new_id()
        self.send({"t": "press", "id": message_id, "action": action})
        if wait:
            self.until(lambda: message_id in self.acked or message_id in self.refused, what="an ack of a press")
            self.settle(0.3)
        return message_id

    # What a person sees

    def out(self) -> list[Message]:
        """What was said to the person, oldest first."""
        return [m for _, m in sorted(self.messages.items()) if m["dir"] == "out"]

    def cards(self, kind: str | None = None) -> list[dict[str, Any]]:
        return [m["card"] for m in self.out() if m["card"] and kind in (None, m["card"]["kind"])]

    def button(self, label: str, kind: str | None = None) -> dict[str, Any] | None:
        for card in reversed(self.cards(kind)):
            for button in card["buttons"]:
                if button["label"] == label:
                    return dict(button)
        return None

    def last(self) -> str:
        """The newest message to the person as text."""
        return text_of(self.out()[-1])

    def sees(self, words: str) -> bool:
        return any(words in text_of(m) for m in self.messages.values())

    def story(self) -> str:
        """The conversation as lines, for messages of failing tests."""
        return "\n".join(f"{s:>3} {'<' if m['dir'] == 'in' else '>'} {text_of(m)}"
                         for s, m in sorted(self.messages.items()))  # fmt: skip


def text_of(message: Message) -> str:
    """All words of a message on one line."""
    card = message["card"]
    parts = [message["text"] or ""]
    if card:
        fields = [f"{f['k']}={f['was'] + '→' if f['was'] is not None else ''}{f['v']}" for f in card["fields"]]
        buttons = [f"[{b['label']}]" for b in card["buttons"]]
        parts += [f"<{card['kind']}>", card["title"], card["status"] or "", *fields, card["note"] or "", *buttons]
    return " · ".join(p for p in parts if p)
