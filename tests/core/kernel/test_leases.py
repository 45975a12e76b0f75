"""Things only one process may hold, and small facts all of them share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock, SystemClock
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.hold import DirectoryHold, is_held
from tests.conftest import NOW

TTL = timedelta(seconds=30)


def test_one_holds_it_and_renews_it_with_the_same_token(core: Core, clock: FixedClock) -> None:
    assert core.leases.take("poll", "a", NOW, TTL) == 1
    assert core.leases.take("poll", "b", NOW, TTL) is None
    assert core.leases.take("poll", "a", clock.advance(seconds=20), TTL) == 1
    assert core.leases.take("poll", "b", clock.advance(seconds=20), TTL) is None, "renewed"
    assert core.leases.held("poll", clock.now())


def test_after_it_ran_out_the_next_holder_gets_a_higher_token(core: Core, clock: FixedClock) -> None:
    core.leases.take("poll", "a", NOW, TTL)
    assert core.leases.take("poll", "b", clock.advance(seconds=31), TTL) == 2
    assert core.leases.take("poll", "a", clock.now(), TTL) is None


def test_what_is_given_back_is_free_at_once(core: Core) -> None:
    core.leases.take("poll", "a", NOW, TTL)
    core.leases.give_back("poll", "b", NOW)
    assert core.leases.held("poll", NOW), "only its holder gives it back"
    core.leases.give_back("poll", "a", NOW)
    assert not core.leases.held("poll", NOW)
    assert core.leases.take("poll", "b", NOW, TTL) == 2


def test_of_many_at_once_one_gets_it(core: Core) -> None:
    with ThreadPoolExecutor(10) as pool:
        tokens = list(pool.map(lambda n: core.leases.take("poll", f"w{n}", NOW, TTL), range(20)))
    assert sorted(token for token in tokens if token is not None) == [1]


def test_facts_are_remembered_by_many_at_once(core: Core) -> None:
    assert core.leases.recall("colour") is None
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: core.leases.remember("colour", f"{n}", NOW), range(16)))
    assert core.leases.recall("colour") in {str(n) for n in range(16)}


def test_a_data_directory_is_held_by_one_server(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with DirectoryHold(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(ConfigError, match="another server"), DirectoryHold(tmp_path):
            pass
    assert not is_held(tmp_path)


def test_clocks() -> None:
    clock = FixedClock(NOW)
    assert clock.now() == clock.now() == NOW
    assert clock.advance(hours=1) == NOW + timedelta(hours=1)
    with pytest.raises(ValueError, match="zone"):
        FixedClock(NOW.replace(tzinfo=None))
    ahead = SystemClock(timedelta(hours=1)).now() - SystemClock().now()
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)
