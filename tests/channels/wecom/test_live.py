"""`check --live` names what is wrong, and how to mend it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.wecom.live import look
from bot.ports import Account
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
