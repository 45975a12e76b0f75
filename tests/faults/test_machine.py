"""The state machine in small; `make faults` does 10,000 steps on both databases."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.faults.machine import Dealership

TestDealership = Dealership.TestCase
TestDealership.settings = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
