"""How much of a suite is run: a part of it in seconds with every test run, the whole of it by `make trust`.

`CHEXIN_TRUST_SIZE` is `small` (default) or `full`. `CHEXIN_TRUST_SEED` repeats a run whose seed was printed.
"""

from __future__ import annotations

import os
import secrets

FULL = os.environ.get("CHEXIN_TRUST_SIZE", "small") == "full"
FIXED_SEED = 20_260_314


def size(small: int, full: int) -> int:
    """How many of something a test tries in this run."""
    return full if FULL else small


def seeds() -> list[int]:
    """One that is the same for ever, and one nobody has seen; the latter is named in the test's id and printed."""
    given = os.environ.get("CHEXIN_TRUST_SEED")
    if given is not None:
        return [int(given)]
    return [FIXED_SEED, secrets.randbelow(10**9)] if FULL else [FIXED_SEED]
