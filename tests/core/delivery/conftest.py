"""The dealership these tests play in."""

from __future__ import annotations

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from tests.core.deals.house import House


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    """A small dealership with an admin, on both databases."""
    house = House(core, clock).build()
    house.hire("admin1", "周敏", "admin", "starway.")
    return house
