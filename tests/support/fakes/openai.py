"""A small server that speaks OpenAI's chat protocol: scripted answers, faults on order, and a log of what it was asked."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-for-tests-only"
MODEL = "small"


@dataclass(frozen=True)
class Say:
    """One answer. `calls` are (tool, arguments), arguments as an object or as text that may be no JSON.

    `status` is an error, with `text` as its message. `wait`: only when the test lets it (`let_go`); `drip`: headers
    and a blank now and then, never an end; `drop`: the connection ends without a word; `raw` is sent as it is.
    """

    text: str = ""
    calls: Sequence[tuple[str, dict[str, Any] | str]] = ()
    status: int = 200
    wait: bool = False
    drip: bool = False
    drop: bool = False
    raw: str = ""


@dataclass
class OpenAi:
    """The server's script and log. An empty script answers that it has nothing to say."""

    url: str = ""
    script: deque[Say] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def will(self, *answers: Say) -> None:
        """What it answers next, in order."""
        self.script.extend(answers)

    def let_go(self) -> None:
        """Answers that wait are given."""
        self.gate.set()

    @property
    def heard(self) -> str:
        """Everything that was ever sent here, as one text."""
        return json.dumps(self.asked, ensure_ascii=False)


def _message(say: Say, number: int) -> dict[str, Any]:
    calls = [
        {"id": f"call_{number}_{n}", "type": "function",
         "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)}}
        for n, (name, given) in enumerate(say.calls)
    ]  # fmt: skip
    return {"role": "assistant", "content": say.text or None} | ({"tool_calls": calls} if calls else {})


def _body(say: Say, number: int) -> str:
    if say.raw:
        return say.raw
    if say.status != 200:
        return json.dumps({"error": {"message": say.text, "type": "error", "code": say.status}})
    return json.dumps({
        "id": f"chat-{number}", "object": "chat.completion", "created": 1, "model": MODEL,
        "choices": [{"index": 0, "message": _message(say, number),
                     "finish_reason": "tool_calls" if say.calls else "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
    })  # fmt: skip


def _handler(server: OpenAi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                self._send(401, _body(Say("wrong key", status=401), 0))
                return
            if body["model"] != MODEL:
                self._send(404, _body(Say("no such model", status=404), 0))
                return
            server.asked.append(body)
            say = server.script.popleft() if server.script else Say("nothing to do")
            self._answer(say, len(server.asked))

        def _answer(self, say: Say, number: int) -> None:
            if say.wait:
                server.gate.wait(30)
            if say.drop:
                self.close_connection = True
            elif say.drip:
                self._drip()
            else:
                self._send(say.status, _body(say, number))

        def _send(self, status: int, body: str) -> None:
            with suppress(OSError):  # the other side may have given up
                self._write(status, body.encode())

        def _write(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _drip(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "100000")
            self.end_headers()
            try:
                while not server.over.wait(0.05):
                    self.wfile.write(b" ")
                    self.wfile.flush()
            except OSError:
                return  # the other side has given up, as it should

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on standard error."""

    return Handler


@contextmanager
def openai_server() -> Iterator[OpenAi]:
    """The server on a loopback port, until the end of the block."""
    server = OpenAi()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    httpd.daemon_threads = True
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}/v1"
    thread = threading.Thread(target=httpd.serve_forever, name="openai", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.let_go()
        httpd.shutdown()
        httpd.server_close()
        thread.join()
