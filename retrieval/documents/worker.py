"""The process that looks into files: little memory, little time, and nothing else of ours in it.

Frames on standard input and output: a line of JSON with the length of the bytes that follow.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from typing import Any, BinaryIO

from retrieval.documents import limits
from retrieval.documents.model import Unreadable
from retrieval.documents.reading import Given, read


def bounded(seconds: int = limits.CPU_SECONDS) -> None:
    """From here on: so much memory, no file may be written, and so much more time of a processor."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    for name, value in (("RLIMIT_AS", limits.MEMORY), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name)
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # macOS knows no limit of memory
            continue


def take(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame, or None at the end."""
    line = stream.readline()
    if not line:
        return None
    head = json.loads(line)
    return head, stream.read(head["size"])


def give(stream: BinaryIO, answer: dict[str, Any]) -> None:
    body = json.dumps(answer, ensure_ascii=True).encode()
    stream.write(json.dumps({"size": len(body)}).encode() + b"\n" + body)
    stream.flush()


def answer(head: dict[str, Any], data: bytes) -> dict[str, Any]:
    """The document in its plain form, or why there is none."""
    dates = {
        name: date.fromisoformat(head[name]) if head[name] else None
        for name in ("today", "valid_from", "valid_until")
    }
    try:
        return {"document": read(data, head["name"], Given(head["audience"], head["unit"], **dates)).plain()}
    except Unreadable as error:
        return {"key": error.key, "message": error.message, "params": error.params}
    except MemoryError:
        size = limits.MEMORY // limits.MB
        return {"key": "memory", "message": f"needs more than {size} MB of memory", "params": {"limit": size}}
    except RecursionError:
        return {"key": "broken", "message": "nested too deeply", "params": {}}


def main() -> None:
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not get between the frames
    while (frame := take(stdin)) is not None:
        bounded()
        give(stdout, answer(*frame))


if __name__ == "__main__":
    main()
