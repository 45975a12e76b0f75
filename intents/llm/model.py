"""The one way to a language model: read a message into a draft, or write a text from given facts. It has no hands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from .loop import Loop
from .provider import chat_model, plain, tokens_of, trace_nothing
from .redact import Redaction
from .settings import ModelSettings
from .trouble import ModelTrouble
from .words import Drafted, Message, Written

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SECONDS = 20.0
# Whatever policy allows, one request takes no longer.
LONGEST = 60.0
MAX_QUOTED = 2000
_PROMPTS = Path(__file__).with_name("prompts.yaml")


@cache
def prompts() -> dict[str, str]:
    """What a model is told, by purpose."""
    found: dict[str, str] = yaml.safe_load(_PROMPTS.read_text(encoding="utf-8"))
    return found


def open_model(settings: ModelSettings) -> LanguageModel | None:
    """The model of these settings; None when none is named. Nothing heavy is loaded before it is asked."""
    return LanguageModel(settings) if settings.configured else None


class LanguageModel:
    """Answers within its time or raises ModelTrouble. Safe to share between threads."""

    def __init__(self, settings: ModelSettings, chat: BaseChatModel | None = None) -> None:
        """`chat` stands in for the provider's client."""
        trace_nothing()
        self.settings = settings
        self._chat = chat
        self._loop = Loop()
        self._making = threading.Lock()

    def close(self) -> None:
        """Let go of what is under way."""
        self._loop.close()

    def warm(self) -> None:
        """Load what is slow to load. Raises ModelTrouble when the settings are of no use."""
        from . import drafter  # noqa: F401 - that is what takes long

        self._client()

    def read(
        self, message: Message, *, seconds: float = SECONDS, calls: int = 6, slow: float = 2.0,
        on_slow: Callable[[], None] | None = None,
    ) -> Drafted:  # fmt: skip
        """What was meant, as drafts checked against the message's own words; at most `calls` tool calls."""
        from .drafter import draft
        from .extractor import read_untrusted

        client = self._client()
        work = draft(client, message, calls) if message.trusted else read_untrusted(client, message)
        found: Drafted = self._loop.run(work, seconds, slow, on_slow)
        return found

    def write(
        self, instructions: str, *, facts: Sequence[str] = (), quoted: Sequence[str] = (), names: bool = True,
        seconds: float = SECONDS, slow: float = 2.0, on_slow: Callable[[], None] | None = None,
    ) -> Written:  # fmt: skip
        """A text made of `facts`, without tools. `quoted` is what others wrote: shown as data, never obeyed.

        Phones, VINs, plates and names leave as placeholders and are put back. The caller checks what it says.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        redaction = Redaction(names=names)
        told = "\n".join(f"- {redaction.hide(fact)}" for fact in facts)
        heard = "\n".join(f"<quoted>{_harmless(redaction.hide(q[:MAX_QUOTED]))}</quoted>" for q in quoted)
        asked = "\n\n".join(part for part in (redaction.hide(instructions), told and f"Facts:\n{told}", heard) if part)
        messages = [SystemMessage(prompts()["write"]), HumanMessage(asked)]
        answer = self._loop.run(self._client().ainvoke(messages), seconds, slow, on_slow)
        text = redaction.show(plain(answer.content)).strip()
        if not text:
            raise ModelTrouble("empty")
        return Written(text, tokens_of([answer]))

    def probe(self, seconds: float = SECONDS) -> None:
        """Ask for one tool call of no consequence. Raises ModelTrouble that says what does not work."""
        from .probe import probe

        self._loop.run(probe(self._client()), seconds)

    def _client(self) -> BaseChatModel:
        with self._making:
            if self._chat is None:
                self._chat = chat_model(self.settings, LONGEST)
            return self._chat


def _harmless(quoted: str) -> str:
    """Quoted text cannot end its own quotation."""
    return quoted.replace("<", "〈").replace(">", "〉")
