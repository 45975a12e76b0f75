"""A card is changed once with each code, and only with its newest."""

from __future__ import annotations

import threading
from datetime import timedelta

from crm_core.api import Core
from tests.conftest import NOW

DAYS3 = timedelta(hours=72)


def test_a_code_works_once(core: Core) -> None:
    core.codes.keep("wecom:c-1", "task", "ann", "R1", NOW)
    assert core.codes.take("wecom:c-1", "task", "ann", NOW, DAYS3) == "R1"
    assert core.codes.take("wecom:c-1", "task", "ann", NOW, DAYS3) is None


def test_a_press_brings_a_new_one_for_who_pressed(core: Core) -> None:
    core.codes.keep("wecom:c-1", "task", "ann", "R1", NOW)
    core.codes.keep("wecom:c-1", "task", "ann", "R2", NOW + timedelta(seconds=1))
    assert core.codes.take("wecom:c-1", "task", "bob", NOW, DAYS3) is None
    assert core.codes.take("wecom:c-1", "task", "ann", NOW, DAYS3) == "R2"


def test_an_older_one_that_comes_late_replaces_nothing(core: Core) -> None:
    core.codes.keep("wecom:c-1", "task", "ann", "R2", NOW)
    core.codes.keep("wecom:c-1", "task", "ann", "R1", NOW - timedelta(seconds=5))
    assert core.codes.take("wecom:c-1", "task", "ann", NOW, DAYS3) == "R2"


def test_an_old_one_is_worth_nothing(core: Core) -> None:
    core.codes.keep("wecom:c-1", "task", "ann", "R1", NOW)
    assert core.codes.take("wecom:c-1", "task", "ann", NOW + DAYS3, DAYS3) is None


def test_two_that_want_it_at_once_do_not_both_get_it(core: Core) -> None:
    core.codes.keep("wecom:c-1", "task", "ann", "R1", NOW)
    got: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: got.append(core.codes.take("wecom:c-1", "task", "ann", NOW, DAYS3)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, got)) == ["R1"]
