"""The small dealership with its WeCom app, on a fake of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channels.wecom.app import AppLine
from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.support.fakes.wecom import FakeWecom, fake_wecom
from tests.support.fakes.wecom_site import WecomSite, open_line, wecom_site
from tests.web.conftest import copy_sqlite, open_copy, small, small_sqlite  # noqa: F401


@pytest.fixture
def wecom() -> Iterator[FakeWecom]:
    with fake_wecom() as fake:
        yield fake


@pytest.fixture
def line(small: Core, wecom: FakeWecom) -> AppLine:  # noqa: F811
    """The app's line alone, with nothing around it."""
    return open_line(small, wecom)


@pytest.fixture
def living(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:  # noqa: F811
    """The small dealership on a Saturday morning that goes on."""
    copy_sqlite(small_sqlite, tmp_path / "chexin.db")
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key=SecretStr(TEST_KEY))
    core = Core.open(settings, SystemClock(NOW - datetime.now(UTC)))
    yield core
    core.close()


@pytest.fixture
def office(living: Core, wecom: FakeWecom) -> Iterator[WecomSite]:
    """A served house whose colleagues are in WeCom."""
    with wecom_site(living, wecom) as site:
        yield site


@pytest.fixture(scope="module")
def desk(small_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WecomSite]:  # noqa: F811
    """The same, shared by the tests of a module that change nothing."""
    core = open_copy(small_sqlite, tmp_path_factory.mktemp("desk"))
    with fake_wecom() as fake, wecom_site(core, fake) as site:
        yield site
    core.close()
