"""The small dealership on each channel, whose clock goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.support.phones import Phones, telegram_phones, web_phones, wecom_phones
from tests.web.conftest import small_sqlite  # noqa: F401

CHANNELS: dict[str, Callable[[Core], AbstractContextManager[Phones]]] = {
    "web": web_phones, "telegram-polling": partial(telegram_phones, mode="polling"),
    "telegram-webhook": partial(telegram_phones, mode="webhook"), "wecom": wecom_phones,
}  # fmt: skip


def moving_core(template: Path, directory: Path) -> Core:
    """A core over a copy of the template whose clock goes on from a Saturday at 10:00."""
    with closing(sqlite3.connect(template)) as old, closing(sqlite3.connect(directory / "chexin.db")) as new:
        old.backup(new)
    settings = Settings(_env_file=None, data_dir=directory, secret_key=SecretStr(TEST_KEY))
    return Core.open(settings, SystemClock(NOW - datetime.now(UTC)))


@pytest.fixture(params=list(CHANNELS))
def phones(
    request: pytest.FixtureRequest, small_sqlite: Path, tmp_path: Path,  # noqa: F811
) -> Iterator[Phones]:  # fmt: skip
    """Everybody's phone on one channel, then on the next."""
    core = moving_core(small_sqlite, tmp_path)
    with CHANNELS[request.param](core) as found:
        yield found
    core.close()
