"""Errands: put once, claimed by one, done or given up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.errands.queue import LEASE, MAX_ATTEMPTS, NORMAL, URGENT, Errands
from tests.conftest import NOW

LINE = "kf:ww1"


@pytest.fixture
def errands(core: Core) -> Errands:
    return Errands(core.database, core.cipher)


def put(errands: Errands, key: str, *, priority: int = NORMAL, seconds: float | None = None) -> bool:
    expires = None if seconds is None else NOW + timedelta(seconds=seconds)
    return errands.put("starway", account=LINE, kind="k", key=key, now=NOW, priority=priority, expires_at=expires,
                       said=f"密 {key}")  # fmt: skip


def test_same_key_is_one_errand(errands: Errands) -> None:
    assert [put(errands, "a"), put(errands, "a"), put(errands, "b")] == [True, False, True]
    assert [one.payload["said"] for one in errands.claim(LINE, NOW)] == ["密 a", "密 b"]


def test_urgent_first_and_what_is_late_is_let_be(errands: Errands) -> None:
    put(errands, "later")
    put(errands, "over", priority=URGENT, seconds=20)
    put(errands, "now", priority=URGENT)
    assert [one.payload["said"] for one in errands.claim(LINE, NOW + timedelta(seconds=20))] == ["密 now", "密 later"]
    assert errands.claim(LINE, NOW + timedelta(days=1), 10)[0].attempts == 2


def test_another_account_has_its_own(errands: Errands) -> None:
    put(errands, "a")
    assert errands.claim("kf:ww2", NOW) == []
    assert errands.next_due("kf:ww2") is None
    assert errands.next_due(LINE) == NOW


def test_several_workers_never_share_one(errands: Errands) -> None:
    for n in range(40):
        put(errands, f"{n}")
    with ThreadPoolExecutor(4) as pool:
        claimed = [one.id for found in pool.map(lambda _: errands.claim(LINE, NOW, 5), range(12)) for one in found]
    assert len(claimed) == len(set(claimed)) == 40


def test_who_overslept_his_lease_writes_nothing(errands: Errands) -> None:
    put(errands, "a")
    (slow,) = errands.claim(LINE, NOW)
    assert errands.claim(LINE, NOW + LEASE - timedelta(seconds=1)) == []
    (quick,) = errands.claim(LINE, NOW + LEASE)
    assert not errands.done(slow, NOW)
    assert errands.done(quick, NOW)
    assert errands.claim(LINE, NOW + 2 * LEASE) == []


def test_given_up_after_many_tries_unless_it_only_waits(errands: Errands) -> None:
    put(errands, "a")
    at = NOW
    for _ in range(MAX_ATTEMPTS - 1):
        (due,) = errands.claim(LINE, at)
        at += timedelta(minutes=1)
        assert errands.again(due, at, "503", at)
    (due,) = errands.claim(LINE, at)
    assert errands.again(due, at, "later", at, patient=True)
    (due,) = errands.claim(LINE, at)
    assert not errands.again(due, at, "503", at)
    assert errands.next_due(LINE) is None
