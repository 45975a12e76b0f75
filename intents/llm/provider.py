"""The chat model behind the settings, made by LangChain."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .settings import ModelSettings
from .trouble import ModelTrouble, trouble_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

_TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


def chat_model(settings: ModelSettings, seconds: float) -> BaseChatModel:
    """A client that gives up on one request after `seconds`. Raises ModelTrouble; asks no network."""
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(**settings.arguments(), timeout=seconds, max_retries=0)
    except ImportError as error:
        raise ModelTrouble("package", str(error).split("`")[1] if "`" in str(error) else settings.provider) from None
    except Exception as error:
        raise _unusable(settings, error) from None
    return made


def _unusable(settings: ModelSettings, error: Exception) -> ModelTrouble:
    if "api_key" in str(error) and not settings.api_key:
        return ModelTrouble("key", "none is set")
    if isinstance(error, ValueError) and "provider" in str(error):
        return ModelTrouble("model", "the provider is not known")
    return trouble_of(error)


def tokens_of(messages: Sequence[BaseMessage]) -> int:
    """What the answers say they cost; where a server does not say, about a token for two characters."""
    told = sum(int((getattr(m, "usage_metadata", None) or {}).get("total_tokens", 0)) for m in messages)
    return told or sum(len(plain(m.content)) for m in messages) // 2


def plain(content: Any) -> str:
    """A message's text, also where it comes in blocks."""
    if isinstance(content, str):
        return content
    return "".join(b if isinstance(b, str) else str(b.get("text", "")) for b in content)


def trace_nothing() -> None:
    """Nothing is reported to a tracing service, whatever else on this machine is. To be called before LangChain is
    loaded, which remembers what it read.
    """
    os.environ.update(dict.fromkeys(_TRACING, "false"))
