"""A real server process: started on a data directory, killed without warning, started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.settings import Settings
from tests.support.page import Page

ROOT = Path(__file__).parent.parent.parent
START_LIMIT_S = 120.0
LINK = re.compile(r"^\s+(\w+)\s+\S.*?(http\S+/sign-in\?token=\S+)$", re.MULTILINE)


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One process of the demo deployment in `data_dir`, serving on a loopback port."""

    def __init__(self, data_dir: Path, *, role: str = "all", port: int | None = None, **env: str) -> None:
        self.data_dir = data_dir
        self.role = role
        self.port = port or free_port()
        self.env = env
        self.log = data_dir / f"server-{role}-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *args: str) -> Server:
        """Start, and return when `/health` says that it is able to work."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "run_bot.py", "serve", "--demo", "--role", self.role, *args]
        env = {**os.environ, "CHEXIN_DATA_DIR": str(self.data_dir), "PORT": str(self.port), **self.env}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log,
                                             start_new_session=True)  # fmt: skip
        self._wait()
        return self

    def _wait(self) -> None:
        until = time.monotonic() + START_LIMIT_S
        while time.monotonic() < until:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        tail = self.log.read_text(errors="replace")[-2000:]
        self.kill()
        raise AssertionError(f"the server did not start:\n{tail}")

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is written any more."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)

    def restart(self) -> Server:
        """What a supervisor does after a crash."""
        self.kill()
        return self.start()

    def stop(self) -> int:
        """SIGTERM, as a clean stop; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=30)

    def links(self) -> dict[str, str]:
        """The sign-in links the demo printed, by code."""
        return dict(LINK.findall(self.log.read_text(encoding="utf-8", errors="replace")))

    def cookie(self, code: str) -> str:
        """A session cookie of a demo person."""
        with httpx.Client(base_url=self.url, follow_redirects=False) as client:
            answer = client.get(self.links()[code])
            return f"{next(iter(answer.cookies))}={next(iter(answer.cookies.values()))}"

    def core(self) -> Core:
        """The same deployment seen from here; close it when done."""
        settings = Settings(_env_file=None, data_dir=self.data_dir,  # type: ignore[call-arg]
                            database_url=self.env.get("CHEXIN_DATABASE_URL", ""),
                            secret_key=SecretStr(self.env.get("CHEXIN_SECRET_KEY", "")))  # fmt: skip
        core = Core.open(settings, SystemClock())
        core.clock = SystemClock(timedelta(seconds=float(core.leases.recall("demo_clock") or 0)))
        return core

    def page(self, code: str, **hello: Any) -> Page:
        """A page of a demo person, connected."""
        return Page(self.url, self.cookie(code), **hello)

    def lead(self, key: str = "", **body: Any) -> httpx.Response:
        """`POST /api/leads` with the demo's key."""
        headers = {"Authorization": "Bearer demo"} | ({"Idempotency-Key": key} if key else {})
        return httpx.post(f"{self.url}/api/leads", json=body, headers=headers, timeout=30)
