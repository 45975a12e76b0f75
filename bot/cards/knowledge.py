"""Cards for answers from documents and records: the passages and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports import Button, Card, Source
from bot.texts import Voice


def answer_card(voice: Voice, text: str, sources: Sequence[tuple[str, str]], *, title: str = "",
                buttons: tuple[Button, ...] = ()) -> Card:  # fmt: skip
    """An answer with its citations: (title, section or reference)."""
    return Card("answer", title or voice.say("card.knowledge"), note=text,
                sources=tuple(Source(name, detail) for name, detail in sources), buttons=buttons)  # fmt: skip
