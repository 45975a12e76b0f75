"""The demo dealership, loaded once a run and copied for whoever needs it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from bot.commands.opening import EXAMPLE, load
from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.settings import Settings

OPENING = 10


def build(directory: Path, database_url: str = "", key: str = "") -> Path:
    """Load the demo into an empty directory, at the next 10:00 in Shanghai, when everybody is on duty."""
    local = datetime.now(ZoneInfo("Asia/Shanghai"))
    ahead = local.replace(hour=OPENING, minute=0, second=0) - local
    shift = ahead if ahead > timedelta() else ahead + timedelta(days=1)
    settings = Settings(_env_file=None, data_dir=directory, policies=EXAMPLE / "policies",  # type: ignore[call-arg]
                        database_url=database_url, secret_key=SecretStr(key))  # fmt: skip
    core = Core.open(settings, SystemClock(shift))
    load(core, quiet=True)
    core.leases.remember("demo_clock", str(shift.total_seconds()), datetime.now(UTC))
    core.close()
    return directory


def copy(template: Path, directory: Path) -> Path:
    """A data directory of one's own."""
    shutil.copytree(template, directory, dirs_exist_ok=True)
    return directory
