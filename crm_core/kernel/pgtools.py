"""PostgreSQL's own programs, for what only they do well: a dump in a given snapshot, and reading one back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from sqlalchemy import make_url

from crm_core.kernel.errors import ConfigError

_PLACES = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt")
_BLOCK = 1 << 16
_CLIENT = "install PostgreSQL's client programs (Debian: postgresql-client-{major})"


def tool(name: str, major: int) -> str:
    """The path of `pg_dump`, `pg_restore` or `psql`, not older than the server's major version.

    Raises ConfigError, saying what to install.
    """
    found = {path: _major(path) for path in _candidates(name)}
    fitting = [path for path, own in found.items() if own >= major]
    if fitting:
        return fitting[0]
    hint = _CLIENT.format(major=major)
    if not found:
        raise ConfigError(name, f"is needed and was not found; {hint}")
    raise ConfigError(name, f"is of version {max(found.values())}, but the server is of {major}; {hint}")


def _candidates(name: str) -> list[str]:
    on_path = shutil.which(name)
    others = [
        str(path)
        for place in _PLACES
        for path in Path(place).parent.glob(f"{Path(place).name}*/*/bin/{name}")
    ]
    return list(dict.fromkeys([*([on_path] if on_path else []), *sorted(others, reverse=True)]))


def _major(path: str) -> int:
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)(?:\.\d+)*", said)
    return int(found[1]) if found else 0


def reach(url: str) -> tuple[str, dict[str, str]]:
    """(address without the password, environment that holds it): nobody reads a password in a process list."""
    parsed = make_url(url)
    environment = dict(os.environ)
    if parsed.password:
        environment["PGPASSWORD"] = str(parsed.password)
    address = parsed._replace(drivername="postgresql", password=None)
    return address.render_as_string(hide_password=False), environment


def dump(url: str, snapshot: str, target: Path, major: int) -> None:
    """Dump the database as it is in an exported snapshot."""
    address, environment = reach(url)
    command = [
        tool("pg_dump", major), "--format=custom", "--compress=0", "--no-owner", "--no-privileges",
        # The owner sees every row, but is told so by a policy like everybody else.
        "--enable-row-security", f"--snapshot={snapshot}", f"--file={target}", f"--dbname={address}",
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError("pg_dump", _reason(done.stderr))


def load(url: str, source: Path, major: int, *, before: str, after: str) -> None:
    """Run `before`, the dump and `after` in one transaction: afterwards all of it is there, or nothing changed."""
    address, environment = reach(url)
    read = [tool("pg_restore", major), "--no-owner", "--no-privileges", "--file=-", str(source)]
    write = [
        tool("psql", major), "--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1",
        "--file=-", f"--dbname={address}",
    ]  # fmt: skip
    with (
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader,
        subprocess.Popen(write, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as writer,
    ):
        assert reader.stdout is not None
        assert reader.stderr is not None
        assert writer.stdin is not None
        assert writer.stderr is not None
        whole = _feed(writer.stdin, before, reader.stdout, after, reader)
        if not whole:
            writer.kill()
        said = writer.stderr.read().decode(errors="replace")
        unread = reader.stderr.read().decode(errors="replace")
    if not whole and reader.returncode:
        raise ConfigError("pg_restore", _reason(unread))
    if writer.returncode:
        raise ConfigError("psql", _reason(said))


def _feed(
    into: IO[bytes], before: str, script: IO[bytes], after: str, reader: subprocess.Popen[bytes]
) -> bool:
    """Hand the writer its script; True when it got all of it.

    The commit is the script's own last line: psql's option for one transaction would also commit a script that
    was cut off because we were killed.
    """
    try:
        into.write(f"begin;\n{before}".encode())
        while block := cast(BufferedReader, script).read1(_BLOCK):
            into.write(block)
            into.flush()
        if reader.wait() != 0:
            return False
        into.write(f"{after}\ncommit;\n".encode())
        into.close()
    except BrokenPipeError:
        reader.kill()
        return False
    return True


def _reason(said: str) -> str:
    """The first line that tells what went wrong; later ones may quote data."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\b(error|fatal|fehler)\b", line, re.I)]
    return (telling or lines or ["ended without saying why"])[0][:300]
