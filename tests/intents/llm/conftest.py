"""A provider on this machine, and messages to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intents.llm import LanguageModel, Message, ModelSettings, open_model
from intents.schema import load_schema
from tests.support.fakes.openai import KEY, OpenAi, openai_server

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def server() -> Iterator[OpenAi]:
    with openai_server() as found:
        yield found


@pytest.fixture
def model(server: OpenAi) -> Iterator[LanguageModel]:
    """A model at that provider."""
    found = open_model(ModelSettings("deepseek:small", server.url, KEY))
    assert found is not None
    yield found
    found.close()


@pytest.fixture
def message() -> Callable[..., Message]:
    """`message(text, role="rep")`: what somebody of a role types, who may use all that role may."""

    def make(text: str, role: str = "rep", **more: Any) -> Message:
        offered = frozenset(name for name, spec in load_schema().items() if role in spec.who)
        return Message(text, role, NOW, offered, **more)

    return make
