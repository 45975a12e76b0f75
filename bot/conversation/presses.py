"""What a button does: verbs and the functions behind them. Parameters hold ids only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.talk import Talk

Press = Callable[[Talk, dict[str, Any]], None]
presses: dict[str, Press] = {}


def verb(*names: str) -> Callable[[Press], Press]:
    """The decorated `(talk, params) -> None` carries out presses of these verbs."""

    def register(press: Press) -> Press:
        for name in names:
            presses[name] = press
        return press

    return register
