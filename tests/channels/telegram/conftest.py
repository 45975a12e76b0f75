"""A served house with a staff bot and a customer bot, at a Bot API server of the tests' own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.chat.messages import BindAccount
from tests.support.fakes.telegram import FakeTelegram, Message, User
from tests.support.server import free_port
from tests.support.site import Site, bot_settings, served, settle_group

STAFF, CUSTOMERS = "7000000001:staff-token-for-tests", "7000000002:customer-token-for-tests"
SECRET = "a-webhook-secret-for-tests-0123456789"
CHEN, LIN, ZHAO = User(1001, "晓明"), User(1002, "佳"), User(1003, "国强")
BOUND = (("rep1", CHEN), ("rep2", LIN), ("manager1", ZHAO))


@dataclass
class TelegramSite:
    """The house, the platform, and the staff as Telegram users."""

    site: Site
    telegram: FakeTelegram
    mode: str

    @property
    def core(self) -> Core:
        return self.site.core

    def bind(self, code: str, user: User, bot: str = STAFF) -> None:
        """The user's account is this colleague's, as after an invitation."""
        core, account = self.core, bot.partition(":")[0]
        core.execute(
            BindAccount(person_id=core.actor(code).id, channel="telegram", account=account, native_id=str(user.id),
                        chat=f"telegram:{account}:{user.id}"), core.system("starway"),
        )  # fmt: skip

    def asks(self, user: User, words: str, answer: str) -> Message:
        """Somebody writes, and an answer that holds these words comes."""
        self.telegram.say(user, words)
        return self.telegram.seen(user, answer)


@contextlib.contextmanager
def open_site(core: Core, mode: str, telegram: FakeTelegram, **values: str) -> Iterator[TelegramSite]:
    """Serve a small dealership whose reps and manager are on Telegram."""
    settle_group(core)
    port = free_port()
    settings = bot_settings(
        port=port, public_url=f"http://127.0.0.1:{port}", telegram_bot_token=STAFF,
        telegram_customer_bot_token=CUSTOMERS, telegram_api_base=telegram.url, telegram_mode=mode,
        telegram_webhook_secret=SECRET, **values,
    )  # fmt: skip
    assert settings.problems() == []
    with served(core, settings=settings, port=port) as site:
        found = TelegramSite(site, telegram, mode)
        for code, user in BOUND:
            found.bind(code, user)
        bot = telegram.bots[STAFF]
        telegram.until(lambda: bot.webhook.get("url") if mode == "webhook" else bot.polls, 60, "hearing")
        yield found


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram(STAFF, CUSTOMERS) as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
def telegram_site(request: pytest.FixtureRequest, sqlite_core: Core, telegram: FakeTelegram) -> Iterator[TelegramSite]:
    """The house as it is heard in both ways."""
    with open_site(sqlite_core, request.param, telegram) as found:
        yield found


@pytest.fixture
def site(sqlite_core: Core, telegram: FakeTelegram) -> Iterator[TelegramSite]:
    """The same, polled; for what does not depend on how it is heard."""
    with open_site(sqlite_core, "polling", telegram) as found:
        yield found


@pytest.fixture
def sqlite_core(sqlite_url: str, tmp_path: object) -> Iterator[Core]:
    """A core with a clock that goes, on SQLite."""
    from pathlib import Path

    from pydantic import SecretStr

    from crm_core.kernel.clock import SystemClock
    from crm_core.kernel.settings import Settings
    from tests.conftest import TEST_KEY

    directory = Path(str(tmp_path)) / "data"
    settings = Settings(_env_file=None, data_dir=directory, database_url=sqlite_url, secret_key=SecretStr(TEST_KEY))
    core = Core.open(settings, SystemClock(timedelta()))
    yield core
    core.close()
