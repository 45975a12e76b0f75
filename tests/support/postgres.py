"""A real PostgreSQL for the tests: one that is given, else a private one started from local binaries."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support.places import in_memory

GIVEN = "CHEXIN_TEST_DATABASE_URL"
START_LIMIT_S = 60.0

# Commits reach the kernel before they are confirmed, so a killed server loses none of them; only a power cut
# could, and no test cuts the power. That makes `fsync=off` safe here, and several times as fast.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "192MB",
    "shared_buffers": "64MB",
    "log_min_messages": "error",
    "timezone": "UTC",
}

# The server lives as long as its standard input: when the test process is gone, however it went, the pipe
# closes, and the shell stops the server and removes its files.
LIFELINE = """
trap '' INT TERM
"$@" </dev/null & server=$!
cat >/dev/null
kill -INT $server; wait $server
cd / && rm -rf "$CHEXIN_CLUSTER"
"""


class NoPostgres(Exception):
    """There is no PostgreSQL to test on; the message says why and what to do."""


class Cluster:
    """A server that test databases are made on.

    `url(name)` is the address of one database; `template(build)` makes the model once, and `database()`
    copies it, which takes a few hundredths of a second.
    """

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._template: str | None = None
        self._numbers = itertools.count(1)
        self._prefix = f"chexin_test_{os.getpid()}_{int(time.time()) % 100_000}"

    def url(self, name: str) -> str:
        base, _, rest = self.server_url.partition("://")
        host, _, path = rest.partition("/")
        _, mark, query = path.partition("?")
        return f"{base}://{host}/{name}{mark}{query}"

    def template(self, build: Callable[[str], None]) -> None:
        """Let `build(url)` fill the database that all others are copies of; only once."""
        if self._template is None:
            name = f"{self._prefix}_template"
            self._run("CREATE DATABASE {}", name)
            try:
                build(self.url(name))
            except BaseException:
                self._run("DROP DATABASE {} WITH (FORCE)", name)
                raise
            self._template = name

    @contextlib.contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The address of a fresh copy of the template, or of an empty database; dropped at the end."""
        name = f"{self._prefix}_{next(self._numbers)}"
        if self._template and not empty:
            self._run("CREATE DATABASE {} TEMPLATE {}", name, self._template)
        else:
            self._run("CREATE DATABASE {}", name)
        try:
            yield self.url(name)
        finally:
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def close(self) -> None:
        if self._template:
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._template)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(_libpq(self.server_url), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class PrivateCluster(Cluster):
    """A server of our own on a loopback port, gone with the test run."""

    def __init__(self, bin_dir: Path) -> None:
        self._bin = bin_dir
        self._user = _unprivileged_user()
        # Not pytest's own directory, which an unprivileged server could not enter, and a short path, because
        # a socket's address may have no more than about 100 characters. Each database is several hundred files.
        self._dir = Path(tempfile.mkdtemp(prefix="chexin-pg-", dir=in_memory() or "/tmp"))
        if self._user:
            shutil.chown(self._dir, self._user)
        self._init()
        self._keeper = self._start(port := free_port())
        super().__init__(f"postgresql://chexin@127.0.0.1:{port}/postgres")
        self._wait()
        atexit.register(self.close)

    def close(self) -> None:
        if self._keeper.poll() is None and self._keeper.stdin:
            self._keeper.stdin.close()
            self._keeper.wait(timeout=30)
        shutil.rmtree(self._dir, ignore_errors=True)

    def _init(self) -> None:
        done = subprocess.run(
            [
                str(self._bin / "initdb"),
                f"--pgdata={self._dir / 'data'}",
                "--username=chexin",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            cwd=self._dir,
            **_as(self._user),
        )
        if done.returncode:
            raise NoPostgres(f"initdb failed: {done.stderr.strip()[-300:]}")

    def _start(self, port: int) -> subprocess.Popen[bytes]:
        options = {**OPTIONS, "port": str(port), "listen_addresses": "127.0.0.1"}
        options["unix_socket_directories"] = str(self._dir)
        command = [str(self._bin / "postgres"), "-D", str(self._dir / "data")]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self._dir / "log").open("wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", LIFELINE, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._dir,
                env={**os.environ, "CHEXIN_CLUSTER": str(self._dir)},
                **_as(self._user),
                start_new_session=True,
            )

    def _wait(self) -> None:
        until = time.monotonic() + START_LIMIT_S
        while True:
            try:
                psycopg.connect(self.server_url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self._keeper.poll() is not None:
                    tail = (self._dir / "log").read_text(errors="replace").strip()[-300:]
                    self.close()
                    raise NoPostgres(f"the private PostgreSQL did not start: {tail}") from None
                time.sleep(0.05)


def open_cluster() -> Cluster:
    """The given server, else a private one. Raises NoPostgres with the reason."""
    given = os.environ.get(GIVEN)
    if given:
        return Cluster(given)
    return PrivateCluster(find_binaries())


def find_binaries() -> Path:
    """The directory with initdb and postgres, of the newest version there is."""
    candidates = [Path(p) for p in os.environ.get("PATH", "").split(os.pathsep) if p]
    for pattern in (
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/homebrew/opt/postgresql*/bin",
        "/usr/local/opt/postgresql*/bin",
    ):
        candidates += sorted(Path("/").glob(pattern[1:]), key=_version, reverse=True)
    for directory in candidates:
        if all(os.access(directory / name, os.X_OK) for name in ("initdb", "postgres")):
            return directory
    raise NoPostgres(f"no initdb and postgres on this machine; install PostgreSQL or set {GIVEN}")


def _version(path: Path) -> int:
    digits = "".join(c for c in str(path) if c.isdigit())
    return int(digits or 0)


def _unprivileged_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoPostgres("running as root, and there is no user `postgres` or `nobody` to run PostgreSQL as")


def user_arguments() -> dict[str, Any]:
    """The arguments of subprocess for running a server: as somebody else when this is root."""
    return _as(_unprivileged_user())


def _as(user: str | None) -> dict[str, Any]:
    """The arguments of subprocess that make a child run as `user`, with that user's rights only."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _libpq(url: str) -> str:
    """The same address without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
