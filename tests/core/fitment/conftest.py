"""The counter, on both databases."""

from __future__ import annotations

import pytest

from crm_core.api import Core
from tests.core.fitment.shop import Shop


@pytest.fixture
def shop(core: Core) -> Shop:
    return Shop(core)
