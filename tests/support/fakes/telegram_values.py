"""What the fake Bot API server knows: people, messages, calls, faults, bots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class User:
    """Somebody with Telegram. His private chat has his own number."""

    id: int
    first_name: str = "晓明"
    language_code: str = "zh-hans"

    def data(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, "language_code": self.language_code}


@dataclass
class Message:
    """A message as its reader sees it now. `buttons` are (label, callback_data) in reading order."""

    bot: int
    chat: int
    id: int
    text: str = ""
    html: str = ""
    buttons: list[tuple[str, str]] = field(default_factory=list)
    photo: bytes | None = None
    document: bytes | None = None
    markup: dict[str, Any] | None = None
    edits: int = 0
    deleted: bool = False

    @property
    def labels(self) -> list[str]:
        return [label for label, _ in self.buttons]


@dataclass(frozen=True)
class Call:
    """One request, as the server saw it. `accepted`: it had its effect, whatever was answered."""

    at: float
    bot: int
    method: str
    chat: int | None
    text: str
    message_id: int | None
    accepted: bool
    answer: int


@dataclass
class Fault:
    """What happens to the next `times` calls whose method fits (and, if named, to one chat).

    `kind`: a status number, `html502`, `timeout` (taken, never answered), `lost` (neither), `reset` (taken, the
    connection breaks).
    """

    method: str
    kind: int | str
    times: int = 1
    retry_after: float = 1
    description: str = ""
    chat: int | None = None


@dataclass
class Bot:
    """What the server knows of a bot."""

    id: int
    username: str
    webhook: dict[str, Any] = field(default_factory=dict)
    pending: list[dict[str, Any]] = field(default_factory=list)
    next_update: int = 500_000_000
    polls: int = 0
    confirmed: int = 0
    commands: dict[str, list[str]] = field(default_factory=dict)
