"""A served house with a WeCom app on a fake platform, and its people in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.channels.wecom import app
from bot.ports import Account
from bot.settings import BotSettings
from crm_core.api import Core
from crm_core.chat.messages import BindAccount
from tests.support.fakes.wecom import Accepted, FakeWecom, until
from tests.support.site import Site, bot_settings, served

LINE = f"wecom:{FakeWecom.corp}-{FakeWecom.agent}"
PEOPLE = ("rep1", "rep2", "manager1")


def wecom_settings(fake: FakeWecom, **values: Any) -> BotSettings:
    """Settings of the fake's app."""
    given = {
        "wecom_corp_id": fake.corp, "wecom_agent_id": fake.agent, "wecom_secret": fake.secret,
        "wecom_token": fake.token, "wecom_aes_key": fake.aes_key, "wecom_api_base": fake.url,
        "public_url": "http://127.0.0.1:8080",
    }  # fmt: skip
    return bot_settings(**given | values)


def account_of(core: Core, fake: FakeWecom) -> Account:
    return app.named(wecom_settings(fake), core.tenants()[0])[0]


def open_line(core: Core, fake: FakeWecom) -> app.AppLine:
    return app.open_line(account_of(core, fake), core, wecom_settings(fake))


def bind(core: Core, code: str, fake: FakeWecom) -> None:
    """A person's account in WeCom has the person's code."""
    command = BindAccount(person_id=core.actor(code).id, channel="wecom", account=f"{fake.corp}-{fake.agent}",
                          native_id=code, chat=f"{LINE}:{code}", vouched="corp")  # fmt: skip
    core.execute(command, core.system(core.tenants()[0]))


class WecomSite:
    """What a test does and sees as a member of the corp."""

    def __init__(self, site: Site, fake: FakeWecom) -> None:
        self.site = site
        self.core = site.core
        self.fake = fake
        self._read: dict[str, int] = {}

    def says(self, user: str, text: str, answers: int = 1) -> list[Accepted]:
        """A member types something; the messages that answer it."""
        before = len(self.fake.sent_to(user))
        assert self.fake.caller.says(user, text).status_code == 200
        return self.fake.wait_for(user, before + answers)[before:]

    def presses(self, user: str, message: Accepted, label: str) -> str:
        """Presses a button of a card as it is drawn now; the response code the press brought."""
        drawn = self.fake.cards[message.task]
        assert not drawn.greyed, f"the card says {drawn.greyed}"
        (key,) = [one["key"] for one in drawn.card["button_list"] if one["text"] == label]
        code = self.fake.new_code(message.task)
        assert self.fake.caller.presses(user, message.task, key, code).status_code == 200
        return code

    def wait(self, true: Any, seen: Any = lambda: "") -> None:
        until(true, 15.0, seen)


@contextmanager
def wecom_site(core: Core, fake: FakeWecom, **values: Any) -> Iterator[WecomSite]:
    """Serve the house with the app; its people are bound."""
    for code in PEOPLE:
        bind(core, code, fake)
    with served(core, settings=wecom_settings(fake, **values)) as site:
        fake.caller.url = f"{site.url}/wecom/callback"
        yield WecomSite(site, fake)
