"""The small dealership with its WeCom app, on a fake of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.wecom.app import AppLine
from crm_core.api import Core
from tests.support.fakes.wecom import FakeWecom, fake_wecom
from tests.support.fakes.wecom_site import WecomSite, open_line, wecom_site
from tests.web.conftest import open_copy, small, small_sqlite  # noqa: F401


@pytest.fixture
def wecom() -> Iterator[FakeWecom]:
    with fake_wecom() as fake:
        yield fake


@pytest.fixture
def line(small: Core, wecom: FakeWecom) -> AppLine:  # noqa: F811
    """The app's line alone, with nothing around it."""
    return open_line(small, wecom)


@pytest.fixture
def office(small: Core, wecom: FakeWecom) -> Iterator[WecomSite]:  # noqa: F811
    """A served house whose colleagues are in WeCom."""
    with wecom_site(small, wecom) as site:
        yield site


@pytest.fixture(scope="module")
def desk(small_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WecomSite]:  # noqa: F811
    """The same, shared by the tests of a module that change nothing."""
    core = open_copy(small_sqlite, tmp_path_factory.mktemp("desk"))
    with fake_wecom() as fake, wecom_site(core, fake) as site:
        yield site
    core.close()
