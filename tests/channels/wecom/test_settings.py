"""WeCom's settings: half-set or malformed, they stop the start and name what is wrong."""

from __future__ import annotations

import pytest

from bot.settings import BotSettings
from tests.support.fakes.wecom_callback import AES_KEY, AGENT, CORP, TOKEN

GOOD = {
    "wecom_corp_id": CORP, "wecom_agent_id": AGENT, "wecom_secret": "s3cret", "wecom_token": TOKEN,
    "wecom_aes_key": AES_KEY,
}  # fmt: skip


def problems(**values: str) -> list[str]:
    return BotSettings(_env_file=None, **values).problems()  # type: ignore[arg-type]


def test_whole_settings_are_well() -> None:
    assert problems(**GOOD) == []
    assert (
        problems(**GOOD, wecom_kf_secret="k", wecom_contact_secret="c", wecom_api_base="http://127.0.0.1:1/")
        == []
    )


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"wecom_corp_id": "我的企业"}, "WECOM_CORP_ID"),
        ({"wecom_agent_id": "CRM"}, "WECOM_AGENT_ID"),
        ({"wecom_token": "to ken"}, "WECOM_TOKEN"),
        ({"wecom_aes_key": AES_KEY[:-1]}, "WECOM_AES_KEY"),
        ({"wecom_aes_key": AES_KEY + "="}, "WECOM_AES_KEY"),
        ({"wecom_api_base": "https://qyapi.weixin.qq.com/cgi-bin"}, "WECOM_API_BASE"),
        ({"wecom_api_base": "qyapi.weixin.qq.com"}, "WECOM_API_BASE"),
    ],
)
def test_malformed_value_is_named_and_not_shown(values: dict[str, str], setting: str) -> None:
    (problem,) = problems(**GOOD | values)
    assert problem.startswith(f"{setting}: ")
    assert not any(
        value in problem for value in values.values() if setting in ("WECOM_TOKEN", "WECOM_AES_KEY")
    )


@pytest.mark.parametrize("name", ["wecom_kf_secret", "wecom_contact_secret"])
def test_secret_that_needs_the_app_says_so(name: str) -> None:
    (problem,) = problems(**{name: "s3cret"})
    assert problem.startswith(f"{name.upper()}: ")
    assert "s3cret" not in problem
