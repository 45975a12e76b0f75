"""The dealership these tests play in."""

from __future__ import annotations

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from tests.core.deals.house import House


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    """A small dealership with an administrator, on both databases."""
    built = House(core, clock).build()
    built.hire("admin1", "周敏", "admin", "starway.")
    return built
