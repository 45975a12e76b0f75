"""The short reference each sent message carries, such as `#A17-2`: unique, and hard to mistype into another."""

from __future__ import annotations

import re

# No look-alikes: a reference is read aloud and typed on a phone.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_REF = re.compile(r"#\s?([A-HJ-NP-Z])(\d{1,17})-(\d)(?!\d)", re.IGNORECASE)


def ref_of(outbox_id: int) -> str:
    """The reference of an outbox row: a letter and a number for its id, and a check digit."""
    number, letter = divmod(outbox_id, len(_LETTERS))
    return f"#{_LETTERS[letter]}{number}-{_check(outbox_id)}"


def find_refs(text: str) -> list[int]:
    """The outbox ids whose references occur in a text, in order, without those that do not add up."""
    found = []
    for letter, number, check in _REF.findall(text):
        outbox_id = int(number) * len(_LETTERS) + _LETTERS.index(letter.upper())
        if _check(outbox_id) == int(check):
            found.append(outbox_id)
    return found


def without_refs(text: str) -> str:
    """The text without the references in it."""
    return _REF.sub("", text).strip()


def _check(outbox_id: int) -> int:
    """A digit by which nine slips of ten are noticed."""
    return outbox_id % 97 % 10
