"""The demo dealership, as the transcripts have it."""

from __future__ import annotations

from tests.transcripts.conftest import demo, demo_postgres, demo_sqlite, demo_url

__all__ = ["demo", "demo_postgres", "demo_sqlite", "demo_url"]
