"""From a stored arrival to the person who speaks, and on to the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.pipeline import Pipeline, body_of
from bot.ports import EventKind, Inbound, InboundKind, Line
from bot.texts import Texts

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.inbox import Arrival

_KINDS = {EventKind.TEXT: InboundKind.TEXT, EventKind.PRESS: InboundKind.PRESS, EventKind.START: InboundKind.START}


class Reception:
    """Works off arrivals: those of our own pages as they are, those of platforms once it is known who speaks."""

    def __init__(self, core: Core, texts: Texts, pipeline: Pipeline, lines: Mapping[str, Line]) -> None:
        self._core = core
        self._texts = texts
        self._pipeline = pipeline
        self._lines = lines

    def process(self, arrival: Arrival) -> None:
        """Answer an arrival and end it. Raises Unavailable when the database cannot, so that it is tried again."""
        line = self._lines.get(f"{arrival.channel}:{arrival.account}")
        if line is None:
            self._pipeline.process(arrival)
            return
        event = line.read(arrival)
        known = self._core.accounts.person(arrival.channel, arrival.account, event.native_id) if event else None
        if event is None or known is None:
            self._core.chats.finish(arrival, chat=arrival.sender, person_id="", replies=[], state=None,
                                    now=self._core.now())  # fmt: skip
            return
        inbound = Inbound(
            channel=arrival.channel, account=arrival.account, chat=event.chat, person_id=known,
            message_id=str(arrival.id), kind=_KINDS.get(event.kind, InboundKind.TEXT), text=event.text,
            action_id=event.action_id, at=event.at,
        )  # fmt: skip
        self._pipeline.process(replace(arrival, body=body_of(inbound)))
