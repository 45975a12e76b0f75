"""Every proof in small, on both databases; `make faults` does them at full size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.faults.proof import SMALL, Ground, Proof, ground
from benchmarks.faults.table import PROOFS
from benchmarks.places import POSTGRES, SQLITE

SEED = 20261122
# The limits and the alarms are measured in minutes, the state machine has a test of its own.
IN_SECONDS = [proof for proof in PROOFS if proof.number not in (8, 9, 11)]


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRES, marks=pytest.mark.postgres)])
def where(request: pytest.FixtureRequest) -> Iterator[Ground]:
    cluster = request.getfixturevalue("migrated_postgres") if request.param == POSTGRES else None
    with ground(request.param, cluster, SEED) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("proof", IN_SECONDS, ids=lambda proof: proof.name.replace(" ", "-"))
def test_the_promise_is_kept(where: Ground, proof: Proof) -> None:
    found = proof.on(where, SMALL)
    assert found.problems == [], f"seed {SEED}: {found.figures}"
