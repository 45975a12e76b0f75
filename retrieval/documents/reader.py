"""Reads files in a process of their own, which is ended when one of them asks too much of it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from retrieval.documents import limits
from retrieval.documents.model import Document, Unreadable
from retrieval.documents.reading import Given

_HOME = Path(__file__).parents[2]
_LARGEST_ANSWER = 64 * limits.MB
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "SYSTEMROOT")


class Reader:
    """Opens its process with the first file, and another one when that has ended. Not for several threads."""

    def __init__(self, *, wall: float = limits.WALL_SECONDS) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._wall = wall

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, data: bytes, name: str, given: Given | None = None) -> Document:
        """The document of a file called `name`. Raises Unreadable when it cannot be learnt, or not within limits."""
        given = given or Given()
        if len(data) > limits.MAX_BYTES:
            raise Unreadable("too_large", f"larger than {limits.MAX_BYTES // limits.MB} MB", name,
                             limit=limits.MAX_BYTES // limits.MB)  # fmt: skip
        head: dict[str, Any] = {
            "name": name,
            "audience": given.audience,
            "unit": given.unit,
            "size": len(data),
        }
        head |= {key: str(getattr(given, key) or "") for key in ("today", "valid_from", "valid_until")}
        try:
            said = self._ask(json.dumps(head).encode() + b"\n" + data)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            raise self._ended(error).of(name) from None
        if "document" not in said:
            raise Unreadable(said["key"], said["message"], name, **said["params"])
        return Document.of(said["document"])

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _ask(self, frame: bytes) -> dict[str, Any]:
        process = self._open()
        assert process.stdin is not None
        assert process.stdout is not None
        # A file larger than the pipe is written while the process may already be ending.
        writing = threading.Thread(target=_write, args=(process.stdin, frame), daemon=True)
        writing.start()
        ends = time.monotonic() + self._wall
        size = json.loads(_until(process.stdout, b"\n", ends))["size"]
        if not 0 <= size <= _LARGEST_ANSWER:
            raise ValueError("answer too large")
        answer: dict[str, Any] = json.loads(_exactly(process.stdout, size, ends))
        writing.join(1)
        return answer

    def _open(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            env = {name: os.environ[name] for name in _KEPT if name in os.environ}
            env |= {
                "PYTHONPATH": os.pathsep.join(filter(None, [str(_HOME), *sys.path])),
                "PYTHONIOENCODING": "utf-8",
            }
            env |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-B", "-m", "retrieval.documents.worker"], env=env, bufsize=0,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self._process

    def _ended(self, error: Exception) -> Unreadable:
        """Why the process said nothing; the next file gets a new one."""
        process = self._process
        if isinstance(error, TimeoutError) or process is None:
            self.close()
            return Unreadable(
                "slow", f"takes longer than {limits.CPU_SECONDS} s to read", limit=limits.CPU_SECONDS
            )
        try:
            code = process.wait(2)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return Unreadable(
                "slow", f"takes longer than {limits.CPU_SECONDS} s to read", limit=limits.CPU_SECONDS
            )
        return Unreadable("broken", "damaged, or not what its name says")


def _write(pipe: IO[bytes], frame: bytes) -> None:
    left = memoryview(frame)
    try:
        while left:
            left = left[pipe.write(left) :]
    except (OSError, ValueError):  # it has ended; reading says so
        return


def _some(pipe: IO[bytes], count: int, ends: float) -> bytes:
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        if not ready.select(max(0.0, ends - time.monotonic())):
            raise TimeoutError
    got = os.read(pipe.fileno(), count)
    if not got:
        raise EOFError
    return got


def _until(pipe: IO[bytes], mark: bytes, ends: float) -> bytes:
    held = b""
    while not held.endswith(mark) and len(held) < 100:
        held += _some(pipe, 1, ends)
    return held


def _exactly(pipe: IO[bytes], size: int, ends: float) -> bytes:
    parts: list[bytes] = []
    while size:
        parts.append(_some(pipe, min(size, 1 << 20), ends))
        size -= len(parts[-1])
    return b"".join(parts)
