"""The platform's side of callbacks: sealed with wechatpy, sent as the platform sends them, repeated when refused."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import httpx

CORP, AGENT = "ww0123456789abcdef", "1000002"
TOKEN = "QDG6eK1zVdXYJq"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
RETRIES = 3
ANSWER_SECONDS = 5.0


class Sealed:
    """A call as it goes over the wire: the query's signed parts, and the body."""

    def __init__(self, params: dict[str, str], body: bytes) -> None:
        self.params = params
        self.body = body


class Caller:
    """Calls a callback URL for one app. `log` is what was answered."""

    def __init__(
        self, token: str = TOKEN, aes_key: str = AES_KEY, corp: str = CORP, agent: str = AGENT,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.token, self.aes_key, self.corp, self.agent = token, aes_key, corp, agent
        self.clock = clock
        self.url = ""
        self.encrypted = ""
        self.log: list[httpx.Response] = []
        self._numbers = itertools.count(7_000_000_000_000_000_001)

    # What is called

    def says(self, user: str, text: str) -> httpx.Response:
        """A member types something."""
        return self.call(self.message(user, "text", Content=text))

    def presses(
        self, user: str, task: str, key: str, code: str, chosen: dict[str, list[str]] | None = None
    ) -> httpx.Response:
        """A member presses a button, or submits options."""
        return self.call(self.press(user, task, key, code, chosen))

    def happens(self, user: str, event: str, **fields: Any) -> httpx.Response:
        """An event of the app."""
        return self.call(self.message(user, "event", Event=event, **fields))

    # Words

    def message(self, user: str, kind: str, **fields: Any) -> str:
        """The XML of a message (with a number) or of an event."""
        number = {} if kind == "event" else {"MsgId": str(next(self._numbers))}
        known = {
            "ToUserName": self.corp,
            "FromUserName": user,
            "CreateTime": str(int(self.clock())),
            "MsgType": kind,
        }
        return xml_of(known | fields | number | {"AgentID": self.agent})

    def press(
        self, user: str, task: str, key: str, code: str, chosen: dict[str, list[str]] | None = None
    ) -> str:
        items = [{"QuestionKey": q, "OptionIds": {"OptionId": ids}} for q, ids in (chosen or {}).items()]
        fields: dict[str, Any] = {
            "Event": "template_card_event", "EventKey": key, "TaskId": task, "CardType": "button_interaction",
            "ResponseCode": code,
        }  # fmt: skip
        return self.message(
            user, "event", **fields | ({"SelectedItems": {"SelectedItem": items}} if chosen else {})
        )

    # The wire

    def call(self, xml: str) -> httpx.Response:
        """Send it, again with another nonce and ciphertext while the answer is not 200; the last answer."""
        for _ in range(RETRIES + 1):
            sealed = self.sealed(xml)
            answer = self.post(sealed)
            if answer.status_code == 200:
                return answer
        return answer

    def post(self, sealed: Sealed) -> httpx.Response:
        answer = httpx.post(self.url, params=sealed.params, content=sealed.body, timeout=ANSWER_SECONDS)
        self.log.append(answer)
        return answer

    def prove(self, words: str = "1616140317555161061") -> httpx.Response:
        """Set the URL: it must give the words back."""
        sealed = self.sealed(words)
        params = sealed.params | {"echostr": self.encrypted}
        return httpx.get(self.url, params=params, timeout=ANSWER_SECONDS)

    def sealed(self, xml: str, timestamp: str | None = None) -> Sealed:
        """Encrypted and signed."""
        from defusedxml.ElementTree import fromstring
        from wechatpy.enterprise.crypto import WeChatCrypto
        from wechatpy.utils import to_text

        crypto = WeChatCrypto(self.token, self.aes_key, self.corp)
        nonce = str(secrets.randbelow(10**10))
        written = to_text(crypto.encrypt_message(xml, nonce, timestamp or str(int(self.clock()))))
        reply = {one.tag: one.text or "" for one in fromstring(written)}
        self.encrypted = reply["Encrypt"]
        params = {"msg_signature": reply["MsgSignature"], "timestamp": reply["TimeStamp"], "nonce": nonce}
        body = xml_of({"ToUserName": self.corp, "AgentID": self.agent, "Encrypt": reply["Encrypt"]})
        return Sealed(params, body.encode())


def xml_of(fields: dict[str, Any]) -> str:
    """Fields as the platform writes them: text in CDATA, numbers bare."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: dict[str, Any]) -> str:
    return "".join(
        _element(name, one)
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    )


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"<{name}>{_inner(value)}</{name}>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    return f"<{name}>{escape(value)}</{name}>" if "]]>" in value else f"<{name}><![CDATA[{value}]]></{name}>"
