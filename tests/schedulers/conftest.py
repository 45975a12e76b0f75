"""The small dealership, without a web application."""

from __future__ import annotations

from tests.web.conftest import small, small_sqlite

__all__ = ["small", "small_sqlite"]
