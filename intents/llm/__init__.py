"""A language model as a help, never as a hand: it drafts and words, and changes nothing.

from intents.llm import ModelSettings, open_model
model = open_model(ModelSettings("deepseek:deepseek-chat", api_key="…"))     # None when no model is named
model.write("Two short replies …", facts=["…"], quoted=["太贵了"], seconds=20).text
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import LanguageModel, open_model
    from .redact import Redaction
    from .settings import ModelSettings
    from .trouble import ModelTrouble
    from .words import Drafted, Message, Written

_HOME = {
    "Drafted": "words",
    "LanguageModel": "model",
    "Message": "words",
    "ModelSettings": "settings",
    "ModelTrouble": "trouble",
    "Redaction": "redact",
    "Written": "words",
    "open_model": "model",
}

__all__ = [
    "Drafted", "LanguageModel", "Message", "ModelSettings", "ModelTrouble", "Redaction", "Written", "open_model",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Parts are imported on first use; LangChain only once a model is really asked."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
