"""One process refreshes an access token; all others are given what it got."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from crm_core.api import Core
from crm_core.channels.tables import AccessToken
from crm_core.kernel.clock import FixedClock


class Platform:
    """Hands out a new token each time it is asked."""

    def __init__(self, seconds: float = 7200) -> None:
        self.asked = 0
        self.seconds = seconds
        self._lock = threading.Lock()

    def __call__(self) -> tuple[str, float]:
        with self._lock:
            self.asked += 1
            return f"token-{self.asked}", self.seconds


def test_a_token_is_asked_for_once_and_kept_sealed(core: Core) -> None:
    platform = Platform()
    assert [core.tokens.get("corp", platform).value for _ in range(3)] == ["token-1"] * 3
    assert core.tokens.get("other corp", platform).value == "token-2"
    with core.database.read() as session:
        rows = session.execute(select(AccessToken)).scalars().all()
        assert rows
        assert not [row for row in rows if "token-" in row.token_enc]


def test_it_is_renewed_before_it_ends(core: Core, clock: FixedClock) -> None:
    platform = Platform()
    core.tokens.get("corp", platform)
    clock.advance(seconds=7200 - 299)
    assert core.tokens.get("corp", platform).value == "token-2"


def test_one_that_is_refused_is_renewed_once_however_many_were_refused(core: Core) -> None:
    platform = Platform()
    first = core.tokens.get("corp", platform)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(core.tokens.get("corp", platform, refused=first.version).value))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["token-2"] * 6
    assert platform.asked == 2


def test_a_platform_that_refuses_leaves_the_next_one_to_ask_again(core: Core) -> None:
    def refuses() -> tuple[str, float]:
        raise ValueError("bad secret")

    with pytest.raises(ValueError, match="bad secret"):
        core.tokens.get("corp", refuses)
    assert core.tokens.get("corp", Platform()).value == "token-1"


def test_a_token_that_hardly_lasts_is_given_for_half_its_time(core: Core, clock: FixedClock) -> None:
    platform = Platform(seconds=60)
    core.tokens.get("corp", platform)
    clock.advance(seconds=29)
    assert core.tokens.get("corp", platform).value == "token-1"
    clock.advance(seconds=2)
    assert core.tokens.get("corp", platform).value == "token-2"
