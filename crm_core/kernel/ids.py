"""Opaque, time-ordered ids made before insert, and the short references people see."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# No vowels and no look-alikes: a reference is read aloud and typed on a phone.
_REF_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_id() -> str:
    """A 26-character ULID: 48 bits of milliseconds, 80 bits of randomness."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    out = [""] * 26
    for i in range(25, -1, -1):
        out[i] = _ALPHABET[number & 31]
        number >>= 5
    return "".join(out)


def short_ref(prefix: str) -> str:
    """A reference such as `L-8F3KQ`; 17 million a prefix, resolved inside what the asker may see."""
    number = int.from_bytes(os.urandom(5), "big")
    letters = []
    for _ in range(5):
        number, i = divmod(number, len(_REF_ALPHABET))
        letters.append(_REF_ALPHABET[i])
    return f"{prefix}-{''.join(letters)}"
