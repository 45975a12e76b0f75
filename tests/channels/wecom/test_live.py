"""`check --live` names what is wrong, and how to mend it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.wecom.live import look
from bot.commands.live import check_live
from bot.ports import Account
from crm_core.api import Core
from tests.conftest import TEST_KEY
from tests.support.fakes.wecom_aibot import AibotPlatform
from tests.support.fakes.wecom_site import WecomSite, account_of, wecom_settings


def found(office: WecomSite, account: Account | None = None, **values: Any) -> list[str]:
    account = account or account_of(office.core, office.fake)
    settings = wecom_settings(office.fake, **{"public_url": office.site.url} | values)
    return asyncio.run(look(account, settings))


def other(office: WecomSite, **values: str) -> Account:
    account = account_of(office.core, office.fake)
    return replace(account, settings=account.settings | values)


def test_nothing_is_wrong(office: WecomSite) -> None:
    assert found(office) == []


@pytest.mark.parametrize(
    ("name", "value", "setting"),
    [("secret", "another", "WECOM_SECRET"), ("agent", "1", "WECOM_AGENT_ID"), ("token", "another", "WECOM_TOKEN"),
     ("aes_key", "A" * 43, "WECOM_TOKEN")],
)  # fmt: skip
def test_wrong_setting_is_named(office: WecomSite, name: str, value: str, setting: str) -> None:
    (problem,) = found(office, other(office, **{name: value}))
    assert problem.startswith(f"{setting}: ")


def test_address_to_allow_is_named(office: WecomSite) -> None:
    office.fake.fail("agent/get", 60020)
    (problem,) = found(office)
    assert "企业可信IP" in problem
    assert "203.0.113.9" in problem


@pytest.mark.parametrize(
    ("values", "setting"),
    [({"public_url": ""}, "PUBLIC_URL"), ({"public_url": "http://127.0.0.1:9"}, "PUBLIC_URL"),
     ({"wecom_api_base": "http://127.0.0.1:9"}, "WECOM_API_BASE")],
)  # fmt: skip
def test_what_does_not_answer_is_named(office: WecomSite, values: dict[str, str], setting: str) -> None:
    (problem,) = found(office, **values)
    assert problem.startswith(f"{setting}: ")


def test_no_secret_is_shown(office: WecomSite) -> None:
    problems = found(
        office,
        other(office, secret="a-secret-nobody-sees"),
        wecom_api_base="http://127.0.0.1:9",
        public_url="",
    )
    assert problems
    assert "a-secret-nobody-sees" not in " ".join(problems)


@pytest.mark.parametrize(
    ("secret", "code", "said"), [("", 0, "is in order"), ("another", 1, "WECOM_SECRET: ")]
)
def test_command_asks_every_account(
    office: WecomSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: str, code: int, said: str
) -> None:
    from typer.testing import CliRunner

    import run_bot

    fake = office.fake
    values = {
        "WECOM_CORP_ID": fake.corp, "WECOM_AGENT_ID": fake.agent, "WECOM_SECRET": secret or fake.secret,
        "WECOM_TOKEN": fake.token, "WECOM_AES_KEY": fake.aes_key, "WECOM_API_BASE": fake.url,
        "PUBLIC_URL": office.site.url, "CHEXIN_DATA_DIR": str(tmp_path), "CHEXIN_SECRET_KEY": TEST_KEY,
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(run_bot.app, ["check", "--live"])
    assert answer.exit_code == code, answer.output
    assert f"wecom:{fake.corp}-{fake.agent}" in answer.output
    assert said in answer.output
    assert fake.secret not in answer.output


def test_bot_whose_platform_is_out_of_reach_is_not_in_order(office: WecomSite) -> None:
    (problem,) = found(office, Account("starway", "aibot", "bot", "staff", "starway."), wecom_aibot_url="ws://127.0.0.1:9")
    assert problem.startswith("WECOM_AIBOT_URL: ws://127.0.0.1:9 does not answer")


@pytest.mark.parametrize(("secret", "kept", "said"), [
    ("right", False, "is in order"), ("wrong", False, "WECOM_AIBOT_SECRET: the platform refuses it"),
    ("right", True, "its secret was not tried"), ("wrong", True, "its secret was not tried"),
])  # fmt: skip
def test_bots_secret_is_tried_unless_a_server_speaks_for_it(
    living: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], secret: str,
    kept: bool, said: str,
) -> None:  # fmt: skip
    async def checked() -> int:
        platform = AibotPlatform({"bot-1": "right"})
        await platform.start()
        monkeypatch.setenv("WECOM_AIBOT_URL", platform.url)
        await asyncio.to_thread(check_live)
        await platform.stop()
        return platform.subscribed

    for name, value in {"WECOM_AIBOT_ID": "bot-1", "WECOM_AIBOT_SECRET": secret, "CHEXIN_DATA_DIR": str(tmp_path),
                        "CHEXIN_SECRET_KEY": TEST_KEY}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    lease = "listen:aibot:bot-1"
    if kept:
        assert living.leases.take(lease, "a server", datetime.now(UTC), timedelta(minutes=1))
    assert asyncio.run(checked()) == (not kept and secret == "right")
    assert said in capsys.readouterr().out
    assert living.leases.held(lease, datetime.now(UTC)) is kept


def test_without_a_dealership_nothing_can_be_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    import run_bot

    monkeypatch.setenv("CHEXIN_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "run_bot.py admin" in CliRunner().invoke(run_bot.app, ["check", "--live"]).output
