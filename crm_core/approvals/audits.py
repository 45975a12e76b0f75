"""What must be true of the timers of approvals."""

from __future__ import annotations

from crm_core.approvals.tables import Approval
from crm_core.kernel.registry import timers_about

timers_about("approval", Approval)
