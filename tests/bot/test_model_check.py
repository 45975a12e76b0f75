"""`check --live` says whether the model works, and what is wrong when it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.commands.live import _model
from bot.settings import BotSettings
from intents.llm import LanguageModel, ModelSettings
from tests.support.fakes.openai import KEY, OpenAi, Say, openai_server
from tests.support.server import free_port


@pytest.fixture
def server() -> Iterator[OpenAi]:
    with openai_server() as found:
        yield found


def look(url: str, *, model: str = "openai:small", key: str = KEY) -> bool:
    settings = {"llm_model": model, "llm_base_url": url, "llm_api_key": key}
    return _model(BotSettings(**settings))  # type: ignore[arg-type]


def test_no_model_is_no_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    assert look("", model="", key="")
    assert capsys.readouterr().out == ""


def test_a_model_that_calls_tools(server: OpenAi, capsys: pytest.CaptureFixture[str]) -> None:
    server.will(Say(calls=[("note_weekday", {"day": "Tuesday"})]))
    assert look(server.url)
    assert capsys.readouterr().out == "openai:small: is in order\n"


@pytest.mark.parametrize(
    ("given", "answer", "told"),
    [
        ({"key": "sk-wrong"}, None, "LLM_API_KEY: the provider refuses it"),
        ({"model": "openai:huge"}, None, "LLM_MODEL: the provider knows no such model"),
        ({}, Say("It is Tuesday."), "does not call tools"),
        ({}, Say("tools are not supported here", status=400), "does not call tools"),
        ({}, Say("later", status=429), "too many requests"),
        ({}, Say(raw="<html>"), "no answer"),
        ({"model": "anthropic:some"}, None, "needs another package"),
        ({"model": "nobody:some"}, None, "LLM_MODEL"),
    ],
)
def test_what_is_wrong_is_named(
    server: OpenAi, capsys: pytest.CaptureFixture[str], given: dict[str, str], answer: Say | None, told: str
) -> None:
    if answer is not None:
        server.will(answer)
    assert not look(server.url, **given)
    out = capsys.readouterr().out
    assert "does not work yet" in out
    assert told in out
    assert KEY not in out


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert not look(f"http://127.0.0.1:{free_port()}/v1")
    assert "LLM_BASE_URL: nobody answers there" in capsys.readouterr().out


def test_the_key_is_not_in_what_is_printed() -> None:
    assert KEY not in repr(ModelSettings("openai:small", "", KEY))


def test_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    LanguageModel(ModelSettings("openai:small", "", KEY))
    assert os.environ["LANGSMITH_TRACING"] == "false"


def test_no_model_loads_no_langchain() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import run_bot; import bot.house; import bot.conversation.pipeline\n"
        "from bot.settings import BotSettings; from intents.llm import open_model\n"
        "assert open_model(BotSettings(_env_file=None).model()) is None\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('langchain', 'langchain_core', 'openai')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
