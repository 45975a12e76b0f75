"""What must be true of the timers of appointments."""

from __future__ import annotations

from crm_core.appointments.tables import Appointment
from crm_core.kernel.registry import timers_about

timers_about("appointment", Appointment)
