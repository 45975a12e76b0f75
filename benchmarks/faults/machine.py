"""Proof 9: the state machine of the tests, long enough to meet what is rare."""

from __future__ import annotations

from hypothesis import HealthCheck, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.faults.proof import Finding, Ground, Size
from tests.faults.machine import Dealership, fresh, steps

STEPS_EACH = 60
EXAMPLES = 20


def machine(where: Ground, size: Size) -> Finding:
    """Run machines until so many steps agreed with the model."""
    steps.clear()
    found, number = Finding(), where.seed
    fresh.append(where.address)
    try:
        while steps.total() < size.steps:
            chosen = settings(max_examples=EXAMPLES, stateful_step_count=STEPS_EACH, deadline=None, database=None,
                              suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet)  # fmt: skip
            run_state_machine_as_test(seed(number)(Dealership), settings=chosen)
            number += 1
    finally:
        fresh.pop()
    found.figures = {"steps": steps.total(), "machines": number - where.seed} | dict(steps)
    return found
