"""A wrong or missing value stops the start with the name of the setting and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.commands.opening import read_shift
from bot.settings import BotSettings
from crm_core.kernel.errors import ConfigError
from tests.support.server import ROOT

WECOM = {"wecom_corp_id": "ww1", "wecom_agent_id": "1", "wecom_secret": "s", "wecom_token": "t", "wecom_aes_key": "k"}


def problems(**values: object) -> list[str]:
    return BotSettings(_env_file=None, **values).problems()  # type: ignore[arg-type]


def test_nothing_set_is_well() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"port": 0}, "PORT"),
        ({"port": 70_000}, "PORT"),
        ({"public_url": "chat.dealer.example"}, "PUBLIC_URL"),
        ({"widget_origins": "dealer.example"}, "WIDGET_ORIGINS"),
        ({"widget_origins": "https://dealer.example/path"}, "WIDGET_ORIGINS"),
        ({"chexin_api_keys": "only-a-key"}, "CHEXIN_API_KEYS"),
        ({"chexin_api_keys": "short:unit:source"}, "CHEXIN_API_KEYS"),
        ({"chexin_api_keys": ":unit:source"}, "CHEXIN_API_KEYS"),
        ({"llm_api_key": "sk-1"}, "LLM_MODEL"),
        ({"telegram_mode": "carrier-pigeon"}, "TELEGRAM_MODE"),
        ({"telegram_bot_token": "1:a", "telegram_mode": "webhook"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({"telegram_bot_token": "1:a", "telegram_mode": "webhook", "telegram_webhook_secret": "s" * 32}, "PUBLIC_URL"),
        ({"wecom_aibot_id": "a"}, "WECOM_AIBOT_SECRET"),
        *(({k: v for k, v in WECOM.items() if k != left}, left.upper()) for left in WECOM),
    ],
)
def test_each_problem_names_its_setting_and_no_secret(values: dict[str, object], setting: str) -> None:
    found = problems(**values)
    assert any(line.startswith(f"{setting}: ") for line in found), found
    assert "sk-1" not in " ".join(found)


def test_a_secret_is_not_shown_by_the_settings() -> None:
    shown = repr(BotSettings(_env_file=None, telegram_bot_token="12:secret", llm_api_key="sk-secret"))
    assert "secret" not in shown.replace("secret=", "").replace("_secret", "")


@pytest.mark.parametrize(("text", "seconds"), [("", 0), ("+1h", 3600), ("90m", 5400), ("+2d", 172_800), ("+45 min", 2700)])
def test_the_clock_is_moved_by_spans(text: str, seconds: int) -> None:
    assert read_shift(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["-1h", "tomorrow", "1", "+1y", "1h2m"])
def test_another_span_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="CLOCK"):
        read_shift(text)


@pytest.mark.parametrize(
    ("args", "env", "said"),
    [
        ([], {"WECOM_CORP_ID": "ww1"}, "WECOM_AGENT_ID"),
        ([], {"PORT": "eighty"}, "PORT"),
        (["--role", "boss"], {}, "--role"),
        (["--role", "web"], {}, "CHEXIN_DATABASE_URL"),
        (["--clock", "+1h"], {}, "CLOCK"),
        ([], {"CHEXIN_SECRET_KEY": "short"}, "CHEXIN_SECRET_KEY"),
        ([], {"CHEXIN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "CHEXIN_SECRET_KEY"),
    ],
)
def test_the_start_is_stopped_before_anything_is_opened(
    tmp_path: Path, args: list[str], env: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "run_bot.py", "serve", *args], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "CHEXIN_DATA_DIR": str(tmp_path / "data"), **env},
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data" / "chexin.db").exists()
