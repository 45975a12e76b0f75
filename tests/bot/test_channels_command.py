"""Accounts added by command: their secrets come by standard input and are never shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import run_bot
from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.settings import Settings
from crm_core.org.messages import AddPerson

TOKEN = "7000000005:AA" + "x" * 33
APP = "corp=ww1\nagent=1000002\nsecret=s3cr3t\ntoken=tok\naes_key=" + "k" * 43


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHEXIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert chexin("admin", "周敏", "--unit", "starway.east.pudong").exit_code == 0
    return tmp_path / "data"


def chexin(*args: str, given: str = "") -> Result:
    return CliRunner().invoke(run_bot.app, list(args), input=given)


def opened(directory: Path) -> Core:
    return Core.open(Settings(data_dir=directory), SystemClock())


def test_a_customer_bot_is_added_listed_and_removed(directory: Path) -> None:
    made = chexin("channels", "add", "telegram", "--audience", "customer", "--unit", "starway.east.pudong",
                  "--name", "StarBot", "--token-stdin", given=TOKEN + "\n")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "next start" in made.output
    core = opened(directory)
    found = core.accounts.find("telegram", "7000000005")
    assert found is not None
    assert (found.audience, found.unit, found.name, found.settings) == (
        "customer", "starway.east.pudong.", "StarBot", {"token": TOKEN})  # fmt: skip
    core.close()
    listed = chexin("channels", "list").output
    assert "telegram:7000000005" in listed
    assert TOKEN not in made.output + listed
    assert chexin("channels", "remove", "telegram:7000000005").exit_code == 0
    core = opened(directory)
    assert core.accounts.find("telegram", "7000000005") is None
    assert core.accounts.all(inactive=True)[0].settings == {}
    core.close()


def test_a_wecom_app_reaches_the_colleagues_the_corp_knows(directory: Path) -> None:
    made = chexin("channels", "add", "wecom", "--token-stdin", given=APP)
    assert made.exit_code == 0, made.output
    core = opened(directory)
    person = AddPerson(code="rep1", name="陈", role="rep", unit="starway.east.pudong.", wecom_userid="Chen")
    who = core.execute(person, core.system("starway")).id
    assert core.chats.chat_of(who) == "wecom:ww1-1000002:chen"
    core.close()


@pytest.mark.parametrize(("args", "given", "said"), [
    (("telegram",), "no-token", "telegram:no-token"),
    (("telegram",), "", "token missing"),
    (("telegram", "--unit", "elsewhere."), TOKEN, "no unit"),
    (("telegram", "--unit", "starway.east.nowhere"), TOKEN, "no unit"),
    (("telegram", "--audience", "everybody"), TOKEN, "everybody"),
    (("wecom", "--audience", "customer"), APP, "customer"),
    (("wecom",), "corp=ww1\nagent=1", "secret, token, aes_key missing"),
    (("wecom",), "corp=ww1\nshoe=1", "shoe"),
    (("pigeon",), "x", "pigeon"),
])  # fmt: skip
def test_what_cannot_work_is_not_kept(directory: Path, args: tuple[str, ...], given: str, said: str) -> None:
    refused = chexin("channels", "add", *args, "--token-stdin", given=given)
    assert refused.exit_code == 2, refused.output
    assert said in refused.output
    core = opened(directory)
    assert core.accounts.all(inactive=True) == []
    core.close()


def test_what_the_environment_names_is_its_own(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm_core.channels.accounts import ENVIRONMENT, Account

    core = opened(directory)
    core.accounts.put(Account("starway", "telegram", "7000000005", "staff", "starway.", source=ENVIRONMENT), core.now())
    core.close()
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    both = (("remove", "telegram:7000000005"), ("add", "telegram", "--token-stdin"))
    for args in both:
        refused = chexin("channels", *args, given=TOKEN)
        assert refused.exit_code == 2
        assert "environment" in refused.output
    assert chexin("channels", "remove", "telegram:1").exit_code == 2
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    for args in both:
        assert chexin("channels", *args, given=TOKEN).exit_code == 0, args


def test_a_removed_account_stays_removed_when_its_platform_tells_its_name(directory: Path) -> None:
    assert chexin("channels", "add", "telegram", "--name", "Ours", "--token-stdin", given=TOKEN).exit_code == 0
    core = opened(directory)
    known = core.accounts.find("telegram", "7000000005")
    assert known is not None
    core.accounts.rename(replace(known, name="StarBot"), core.now())
    assert core.accounts.all()[0].name == "StarBot"
    assert chexin("channels", "remove", "telegram:7000000005").exit_code == 0
    core.accounts.rename(known, core.now())
    (left,) = core.accounts.all(inactive=True)
    assert (core.accounts.all(), left.name, left.settings) == ([], "StarBot", {})
    core.close()
