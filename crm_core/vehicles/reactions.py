"""Cars follow their customer to his new owner."""

from __future__ import annotations

from crm_core.leads.following import goes_along
from crm_core.vehicles.tables import Car

goes_along(Car)
