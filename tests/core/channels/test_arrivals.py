"""What came over networks: stored once, in order, with the cursor that brought it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.channels.arrivals import Place, Raw
from crm_core.kernel.errors import Conflict
from tests.conftest import NOW


def raw(key: str, sender: str = "kf:corp:ann", **body: object) -> Raw:
    return Raw("demo", "kf", "corp", key, sender, {"n": key, **body})


def test_several_are_stored_in_the_order_they_came(core: Core) -> None:
    assert core.arrivals.store([raw("1"), raw("2", "kf:corp:bob"), raw("3")], NOW) == [True, True, True]
    first = core.inbox.claim(NOW)
    assert [(one.sender, one.body["n"]) for one in first] == [("kf:corp:ann", "1"), ("kf:corp:bob", "2")]


def test_a_repeat_is_known_beside_what_is_new(core: Core) -> None:
    core.arrivals.store([raw("1")], NOW)
    assert core.arrivals.store([raw("1", more="changed"), raw("2")], NOW) == [False, True]
    assert core.arrivals.store([raw("5"), raw("5")], NOW) == [True, False]


def test_the_cursor_moves_with_what_it_brought(core: Core) -> None:
    assert core.arrivals.cursor("kf:corp") == ""
    core.arrivals.store([raw("1")], NOW, Place("kf:corp", "c1", token=1))
    core.arrivals.store([], NOW, Place("kf:corp", "c2", token=1))
    assert core.arrivals.cursor("kf:corp") == "c2"


def test_who_lost_the_lease_moves_nothing_and_stores_nothing(core: Core) -> None:
    core.arrivals.store([], NOW, Place("kf:corp", "c5", token=2))
    with pytest.raises(Conflict):
        core.arrivals.store([raw("9")], NOW, Place("kf:corp", "c3", token=1))
    assert core.arrivals.cursor("kf:corp") == "c5"
    assert not core.inbox.waiting(NOW + timedelta(hours=1))


def test_processes_that_store_for_the_same_people_never_wait_for_each_other(core: Core) -> None:
    people = [f"kf:corp:{n}" for n in range(8)]
    failed: list[Exception] = []

    def work(mine: str, order: list[str]) -> None:
        try:
            for n in range(10):
                core.arrivals.store([raw(f"{mine}{n}{one}", one) for one in order], NOW)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=("a", people)), threading.Thread(target=work, args=("b", people[::-1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert not any(core.arrivals.store([raw(f"a9{one}", one) for one in people], NOW))
