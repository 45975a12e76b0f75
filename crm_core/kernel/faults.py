"""What may be logged of an error: where it came from, never the values it was about."""

from __future__ import annotations

import traceback

FRAMES = 5


def where(error: BaseException) -> list[str]:
    """The innermost frames as `file.py:line:function`, the last one where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}:{frame.name}" for frame in frames]
