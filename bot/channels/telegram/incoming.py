"""Raw updates on their way into the inbox: checked for form alone, whichever way they came."""

from __future__ import annotations

import json
from typing import Any

from bot.channels.telegram.reading import chat_of
from bot.ports import Account, Raw

MAX_UPDATE = 512 * 1024
# Updates are shallow; deeper ones are made to hurt.
MAX_DEPTH = 40


class BadUpdate(ValueError):
    """Not an update."""


def parsed(body: bytes) -> dict[str, Any]:
    """A request's body as an update. Raises BadUpdate for everything that Telegram would not send."""
    if len(body) > MAX_UPDATE:
        raise BadUpdate("too large")
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once)
        # What cannot be written as UTF-8 again (half of a pair) cannot be kept either.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadUpdate(type(error).__name__) from None
    if not isinstance(found, dict) or _depth(found) > MAX_DEPTH or not is_id(found.get("update_id")):
        raise BadUpdate("no update")
    return found


def _no_number(name: str) -> Any:
    raise BadUpdate(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadUpdate("a name is given twice")
    return found


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [inner for one in level if isinstance(one, dict | list)
                 for inner in (one.values() if isinstance(one, dict) else one)]  # fmt: skip
    return deepest


def is_id(value: Any) -> bool:
    """Whether it can be an update's id."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def raw_of(account: Account, update: dict[str, Any]) -> Raw:
    """An update as it is stored: once for this bot and its id, in order within its chat."""
    chat = chat_of(update)
    sender = f"{account.line}:{chat if chat is not None else 'update'}"
    return Raw(account.tenant, account.channel, account.account, str(update["update_id"]), sender, {"update": update})


def salvaged(update: Any) -> dict[str, Any] | None:
    """An update that was polled, in a form that can be stored; None when it has no id, so that nobody can name it."""
    if not isinstance(update, dict) or not is_id(update.get("update_id")):
        return None
    try:
        text = json.dumps(update, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()
        found: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return {"update_id": update["update_id"]}
    return found
