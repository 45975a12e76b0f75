"""Errors as a tree. Each carries a text key and plain parameters, so that any room can say it in any language."""

from __future__ import annotations

from typing import Any


class ChexinError(Exception):
    """Root of everything the core raises on purpose.

    `key` names a text in `bot/texts`; `params` fill it. Neither holds personal data of third parties.
    """

    key = "error.unknown"

    def __init__(self, key: str | None = None, **params: Any) -> None:
        self.key = key or type(self).key
        self.params = params
        super().__init__(self.key, params)

    def __str__(self) -> str:
        return f"{self.key} {self.params}" if self.params else self.key


class Invalid(ChexinError):
    """The request itself is wrong; `field` says where."""

    key = "error.invalid"

    def __init__(self, field: str, key: str | None = None, **params: Any) -> None:
        self.field = field
        super().__init__(key or "error.invalid", field=field, **params)


class NotFound(ChexinError):
    """Absent or forbidden: the two answer alike, so that nobody learns what exists."""

    key = "error.not_found"


class Ambiguous(ChexinError):
    """Several records fit; `choices` are `(id, label)` the actor may see."""

    key = "error.ambiguous"

    def __init__(self, field: str, choices: list[tuple[str, str]], **params: Any) -> None:
        self.field = field
        self.choices = choices
        super().__init__(None, field=field, **params)


class Conflict(ChexinError):
    """The record moved on since the actor saw it, or the step is not possible any more."""

    key = "error.conflict"


class AlreadyDecided(Conflict):
    """Somebody decided first. Pressing again changes nothing."""

    key = "error.already_decided"


class Expired(ChexinError):
    """A link, a button or an undo outlived its time."""

    key = "error.expired"


class Refused(ChexinError):
    """A rule of the business says no; the actor may see why."""

    key = "error.refused"


class Unavailable(ChexinError):
    """The database cannot work just now; nothing was changed and the same request may be tried again."""

    key = "error.unavailable"


class ConfigError(ChexinError):
    """A setting or policy is wrong. `where` is the setting's name or `file:line`, `what` says what to do."""

    key = "error.config"

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        self.what = what
        super().__init__(None, where=where, what=what)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
