"""Where a person reads."""

from __future__ import annotations

from typing import NamedTuple

from crm_core.kernel.outcomes import MUST_KNOW_PRIORITY


class Route(NamedTuple):
    """What a person must know reaches him at `urgent`, everything else at `chat`."""

    chat: str
    urgent: str

    def of(self, priority: int) -> str:
        """The chat for a message of this priority."""
        return self.urgent if priority <= MUST_KNOW_PRIORITY else self.chat
