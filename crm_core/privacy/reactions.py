"""What follows when a customer wants no more."""

from __future__ import annotations

from crm_core.privacy.sending import stop_what_waits

__all__ = ["stop_what_waits"]
