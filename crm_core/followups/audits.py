"""What must be true of the timers of follow-ups."""

from __future__ import annotations

from crm_core.followups.tables import Followup
from crm_core.kernel.registry import timers_about

timers_about("followup", Followup)
