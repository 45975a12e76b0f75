"""What the platform answers when it does not do it, and what that means for a message."""

from __future__ import annotations

from enum import StrEnum

from bot.ports import Heard, Receipt

MINUTE = 60.0
LONG = 300.0


class ApiError(Exception):
    """A call had no good end. Never carries addresses: they contain the access token."""


class Refused(ApiError):
    """The platform answered with an error code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"{code} {message[:200]}".strip())
        self.code = code
        self.message = message


class NoAnswer(ApiError):
    """No answer, or none of the platform's. `sent`: the call may have had its effect all the same."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Trouble(StrEnum):
    """What only an operator can mend, as it is told to admins."""

    TOKEN = "account_token"
    ADDRESS = "account_address"
    LIMIT = "account_limit"
    SETUP = "account_setup"


# The access token is of no use any more.
STALE_TOKEN = frozenset({40014, 42001})
_SECRET = frozenset({40001, 40013, 40091, *STALE_TOKEN})
_ADDRESS = frozenset({60020})
_LIMIT = frozenset({45009})
_SETUP = frozenset({40056, 48002, 48001, 301002})
_NOBODY = frozenset({40003, 60111, 60011, 81013, 82001, 84061})
_BUSY = frozenset({-1, 45033})
CARD_FIELDS = frozenset({*range(42014, 42021), *range(42027, 42052)})
USED_TASK = 42014
SPENT_CODE = 60140
NO_MEDIA = 40007


def trouble_of(code: int) -> Trouble | None:
    """Which trouble of the whole account a code tells of; None for one about a single message."""
    for codes, trouble in (
        (_SECRET, Trouble.TOKEN), (_ADDRESS, Trouble.ADDRESS), (_LIMIT, Trouble.LIMIT), (_SETUP, Trouble.SETUP),
    ):  # fmt: skip
        if code in codes:
            return trouble
    return None


def receipt_of(error: ApiError) -> Receipt:
    """What a failed send means: who is to be left alone, and for how long, or that it will never be."""
    if isinstance(error, NoAnswer):
        return Receipt(Heard.UNKNOWN if error.sent else Heard.NOT_NOW, error=str(error))
    assert isinstance(error, Refused)
    name = str(error.code)
    trouble = trouble_of(error.code)
    if trouble is not None:
        rest = MINUTE if trouble in (Trouble.TOKEN, Trouble.LIMIT) else LONG
        return Receipt(Heard.NOT_NOW, retry_after=rest, error=name, whole_account=True)
    if error.code in _BUSY:
        return Receipt(Heard.NOT_NOW, error=name)
    return Receipt(Heard.NEVER, error=name, unreachable=error.code in _NOBODY)


def address_in(message: str) -> str:
    """The caller's address a 60020 names (`from ip: 203.0.113.9`), for the operator to allow; empty without."""
    import re

    found = re.search(r"from ip:\s*([0-9A-Fa-f.:]{3,45})", message)
    return found[1].rstrip(".:") if found else ""
