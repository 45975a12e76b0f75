"""A real server process, `run_bot.py serve --demo`, and a client that costs next to nothing."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.timing import Timed

ROOT = Path(__file__).parent.parent
START_LIMIT_S = 120.0
KEY = "a-key-for-benchmarks-" + "0" * 32
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A running server: where it listens, its process, and the database it works on."""

    port: int
    pid: int
    url: str

    def cpu_seconds(self) -> float:
        """User and system time of the process so far; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(url: str | None) -> Iterator[Server]:
    """The demo dealership over a fresh SQLite file, or over the PostgreSQL database at `url`."""
    with tempfile.TemporaryDirectory(prefix="chexin-bench-") as place:
        address = url or f"sqlite:///{place}/chexin.db"
        with started([str(ROOT / "run_bot.py"), "serve", "--demo"], Path(place), address, free_port()) as server:
            yield server


@contextmanager
def started(argv: list[str], place: Path, url: str, port: int, **settings: str) -> Iterator[Server]:
    """A Python program that answers `GET /health`, with its files in `place` and only these settings of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CHEXIN_", "TELEGRAM_", "WECOM_"))}
    environment = kept | {
        "CHEXIN_DATA_DIR": str(place), "CHEXIN_DATABASE_URL": url, "CHEXIN_SECRET_KEY": KEY, "PORT": str(port),
        "PYTHONPATH": str(ROOT),
    } | settings  # fmt: skip
    log_path = place / f"{port}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen([sys.executable, *argv], cwd=place, env=environment, stdout=log, stderr=log)
    try:
        _wait(process, port, log_path)
        yield Server(port, process.pid, url)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace').strip()[-500:]}")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def post_all(server: Server, path: str, bodies: list[dict[str, Any]], connections: int) -> Timed:
    """Post every body once over this many kept connections. CPU is the server's."""
    requests = [_request(server, path, body, f"bench-{time.time_ns()}-{n}") for n, body in enumerate(bodies)]
    cpu, start = server.cpu_seconds(), time.perf_counter()
    each = asyncio.run(_clients(server.port, requests, connections))
    seconds = time.perf_counter() - start
    return Timed(len(requests), seconds, server.cpu_seconds() - cpu, each)


def _request(server: Server, path: str, body: dict[str, Any], key: str) -> bytes:
    content = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer demo\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _clients(port: int, requests: list[bytes], connections: int) -> list[float]:
    waiting, each = iter(requests), list[float]()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            before = time.perf_counter()
            writer.write(request)
            await _created(reader)
            each.append((time.perf_counter() - before) * 1000)
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return each


async def _created(reader: asyncio.StreamReader) -> None:
    """Read one answer. Raises RuntimeError unless it says that a lead was made and has an owner."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lengths = [line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    body = await reader.readexactly(int(lengths[0]))
    if " 201 " not in head.split("\r\n")[0] or json.loads(body)["owner"] is None:
        raise RuntimeError(f"not a lead with an owner: {head.splitlines()[0]} {body[:200]!r}")
