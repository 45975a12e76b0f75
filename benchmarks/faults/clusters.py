"""A PostgreSQL server that is made to be stopped at once, and started again on the same files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.support import postgres as pg


class Fragile:
    """A private server on a loopback port; `crash()` is PostgreSQL's immediate stop (SIGQUIT)."""

    def __init__(self, disk: Path | None = None) -> None:
        self._bin = pg.find_binaries()
        self._as = pg.user_arguments()
        self._dir = Path(tempfile.mkdtemp(prefix="chexin-pg-", dir=disk or "/tmp"))
        if "user" in self._as:
            shutil.chown(self._dir, self._as["user"])
        self._port = pg.free_port()
        self._server: subprocess.Popen[bytes] | None = None
        done = subprocess.run(
            [str(self._bin / "initdb"), f"--pgdata={self._dir / 'data'}", "--username=chexin", "--auth=trust",
             "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"],
            capture_output=True, text=True, cwd=self._dir, **self._as,
        )  # fmt: skip
        if done.returncode:
            raise pg.NoPostgres(f"initdb failed: {done.stderr.strip()[-300:]}")
        self.start()

    def url(self, name: str) -> str:
        return f"postgresql://chexin@127.0.0.1:{self._port}/{name}"

    def start(self) -> None:
        """Start, and return when it takes connections."""
        options = {**pg.OPTIONS, "port": str(self._port), "listen_addresses": "127.0.0.1",
                   "unix_socket_directories": str(self._dir), "max_wal_size": "32MB", "min_wal_size": "8MB",
                   "shared_buffers": "16MB"}  # fmt: skip
        command = [str(self._bin / "postgres"), "-D", str(self._dir / "data")]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._dir / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self._dir, **self._as)  # fmt: skip
        until = time.monotonic() + pg.START_LIMIT_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self._server.poll() is not None:
                    raise pg.NoPostgres((self._dir / "log").read_text(errors="replace")[-300:]) from None
                time.sleep(0.05)

    def start_if_down(self) -> None:
        """After it gave up by itself, as it does when it cannot write its log."""
        if self._server is None or self._server.poll() is not None:
            self.start()

    def crash(self) -> None:
        """Every process of the server ends at once; nothing is written any more."""
        assert self._server is not None
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._server is not None and self._server.poll() is None:
            os.kill(self._server.pid, signal.SIGINT)
            self._server.wait(timeout=30)
        shutil.rmtree(self._dir, ignore_errors=True)
