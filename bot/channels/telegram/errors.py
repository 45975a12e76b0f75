"""What Telegram's answers mean for a send. Nothing here names a token, a person or what was said."""

from __future__ import annotations

from typing import Any

from bot.ports import Heard, Receipt

# A token that was refused does not get better in a second; a new one comes with a restart.
REFUSED_REST = 300.0
_NOT_MODIFIED = "message is not modified"
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid", "message identifier",
         "there is no text in the message", "there is no caption in the message")  # fmt: skip
_UNREACHABLE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated", "not a member",
                "have no rights to send", "not enough rights to send", "chat_write_forbidden")  # fmt: skip


class Migrated(Exception):
    """A group became a supergroup: it has another id now."""

    def __init__(self, chat_id: int) -> None:
        super().__init__("the group has another id")
        self.chat_id = chat_id


class MessageGone(Exception):
    """The message cannot be changed any more: deleted, or of another kind."""


class TokenRefused(Exception):
    """Telegram does not know the token, or not any more."""


def receipt_of(error: BaseException) -> Receipt:
    """What was heard when a call failed; raises Migrated and MessageGone, which ask for another call."""
    from aiogram import exceptions as its

    if isinstance(error, its.TelegramNetworkError) and not isinstance(error, its.TelegramEntityTooLarge):
        return Receipt(Heard.NOT_NOW if _never_left(error.__cause__) else Heard.UNKNOWN, error="network")
    if isinstance(error, its.ClientDecodeError):
        return _undecoded(error.data)
    if isinstance(error, its.TelegramMigrateToChat):
        raise Migrated(error.migrate_to_chat_id) from None
    if isinstance(error, its.TelegramRetryAfter):
        return _answered(429, "", error.retry_after)
    for code, kind in _codes():
        if isinstance(error, kind):
            return _answered(code, str(getattr(error, "message", "")), None)
    return Receipt(Heard.UNKNOWN, error=type(error).__name__)


def _codes() -> list[tuple[int, type[Exception]]]:
    from aiogram import exceptions as its

    return [
        (401, its.TelegramUnauthorizedError), (403, its.TelegramForbiddenError), (409, its.TelegramConflictError),
        (413, its.TelegramEntityTooLarge), (404, its.TelegramNotFound), (400, its.TelegramBadRequest),
        (500, its.TelegramServerError), (418, its.TelegramAPIError),
    ]  # fmt: skip


def _never_left(cause: BaseException | None) -> bool:
    """Whether no connection was made, so that nothing can have arrived."""
    from aiohttp import ClientConnectorError, ConnectionTimeoutError

    return isinstance(cause, (ClientConnectorError, ConnectionTimeoutError))


def _undecoded(data: Any) -> Receipt:
    """An answer aiogram could not read: a proxy's page, or a result with less in it than is promised."""
    if not isinstance(data, dict):
        return Receipt(Heard.UNKNOWN, error="no JSON")
    if data.get("ok") is True:
        result = data.get("result")
        number = result.get("message_id") if isinstance(result, dict) else None
        return Receipt(Heard.ACCEPTED, str(number) if number is not None else None)
    parameters = data.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    rest = parameters.get("retry_after")
    code = data.get("error_code")
    return _answered(code if isinstance(code, int) else 0, str(data.get("description", "")),
                     float(rest) if isinstance(rest, int | float) else None)  # fmt: skip


def _answered(code: int, said: str, rest: float | None) -> Receipt:
    said = said.lower()
    if code == 429:
        return Receipt(Heard.NOT_NOW, retry_after=rest if rest is not None else 1.0, error="429")
    if code in (401, 404):
        return Receipt(Heard.NOT_NOW, retry_after=REFUSED_REST, error="token refused", whole_account=True)
    if code == 403 or any(mark in said for mark in _UNREACHABLE):
        return Receipt(Heard.NEVER, error=str(code), unreachable=True)
    if _NOT_MODIFIED in said:
        return Receipt(Heard.ACCEPTED)
    if any(mark in said for mark in _GONE):
        raise MessageGone
    if code == 409:
        return Receipt(Heard.NOT_NOW, error="409")
    if code >= 500 or code == 0:
        return Receipt(Heard.UNKNOWN, error=str(code or "no code"))
    return Receipt(Heard.NEVER, error=str(code))
