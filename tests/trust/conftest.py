"""The demo dealership, as the transcripts have it, and the small one that is served over HTTP."""

from __future__ import annotations

import pytest

from tests.transcripts.conftest import demo, demo_postgres, demo_sqlite, demo_url
from tests.web.conftest import small_sqlite

__all__ = ["demo", "demo_postgres", "demo_sqlite", "demo_url", "small_sqlite"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "trust: a suite of docs/trust.md; CHEXIN_TRUST_SIZE=full runs it whole")
