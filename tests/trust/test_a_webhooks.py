"""Suite A: whatever is sent to us from outside is refused or kept, never an error, and never has two effects."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.webchat.pace import Pace
from bot.channels.wecom.crypto import CallbackCrypto
from crm_core.api import Core
from tests.channels.conftest import moving_core
from tests.channels.telegram.conftest import CUSTOMERS, STAFF
from tests.support.fakes.telegram import FakeTelegram
from tests.support.fakes.wecom import fake_wecom
from tests.support.fakes.wecom_site import wecom_settings
from tests.support.hostile import rows_elsewhere
from tests.support.site import Site, served
from tests.trust.support.size import seeds, size
from tests.trust.support.webfuzz import frames_fuzz, hellos_fuzz, leads_fuzz
from tests.trust.support.webhooks import kept, telegram_fuzz, telegram_settings, wecom_fuzz, works_off

pytestmark = pytest.mark.trust
MANY = size(400, 10_000)


@pytest.fixture
def moving(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = moving_core(small_sqlite, tmp_path)
    yield core
    core.close()


@pytest.fixture
def web(moving: Core) -> Iterator[Site]:
    """A house that only takes things in; its pages may be as quick as they like."""
    with served(moving, role="web") as site:
        site.house.door.pace = Pace(10**9, 10**9)
        yield site


@pytest.mark.parametrize("seed", seeds())
def test_telegram(moving: Core, seed: int) -> None:
    with FakeTelegram(STAFF, CUSTOMERS) as telegram:
        settings = telegram_settings(telegram)
        with served(moving, settings=settings, role="web") as site:
            ids = telegram_fuzz(site, MANY, random.Random(seed))
        assert {int(key) for key in kept(moving, "telegram")} == ids
        works_off(moving, settings)


@pytest.mark.parametrize("seed", seeds())
def test_wecom(moving: Core, seed: int) -> None:
    with fake_wecom() as fake:
        settings = wecom_settings(fake)
        with served(moving, settings=settings, role="web") as site:
            wecom_fuzz(site, fake, MANY, random.Random(seed))
        works_off(moving, settings)


@pytest.mark.parametrize("seed", seeds())
def test_web_chat(web: Site, seed: int) -> None:
    before, chance = rows_elsewhere(web.core), random.Random(seed)
    seen = frames_fuzz(web, "/ws", web.cookie("rep1"), MANY, chance)
    hellos_fuzz(web, "/ws", web.cookie("rep1"), size(20, 300), chance)
    after = rows_elsewhere(web.core)
    grown = {name for name in after if after[name] != before[name]}
    assert grown <= {"chats", "chat_messages"}
    assert seen["ack"]
    assert after["chat_messages"] - before["chat_messages"] <= len(kept(web.core, "web"))


@pytest.mark.parametrize("seed", seeds())
def test_widget(web: Site, seed: int) -> None:
    before, chance = rows_elsewhere(web.core), random.Random(seed)
    frames_fuzz(web, "/widget/ws", None, size(200, 2_000), chance)
    hellos_fuzz(web, "/widget/ws", None, size(20, 300), chance)
    after = rows_elsewhere(web.core)
    # A person a visitor, and no more of them than one address may bring.
    visitor = {"chats", "chat_messages", "people", "identities", "grants", "audit"}
    assert {name for name in after if after[name] != before[name]} <= visitor
    assert after["people"] - before["people"] <= 60


@pytest.mark.parametrize("seed", seeds())
def test_leads(web: Site, seed: int) -> None:
    seen = leads_fuzz(web, MANY, random.Random(seed))
    assert min(seen[201], seen[401], seen[422]) > 0


def test_red_with_a_verifier_that_believes_everybody(moving: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CallbackCrypto, "verified", lambda self, call: True)
    monkeypatch.setattr("bot.channels.wecom.crypto._decoded", base64.b64decode)
    with (
        fake_wecom() as fake, served(moving, settings=wecom_settings(fake), role="web") as site,
        pytest.raises(AssertionError),
    ):  # fmt: skip
        wecom_fuzz(site, fake, 400, random.Random(1))


def test_red_when_a_page_may_break_the_loop(web: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.webchat.talk.plain", lambda value: value.strip())
    with pytest.raises(AssertionError):
        frames_fuzz(web, "/ws", web.cookie("rep1"), 400, random.Random(3))
