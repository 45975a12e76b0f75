"""What becomes of reminders that come late: a table, and that nothing is lost or told twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.kernel.late import ENOUGH, LateRow, gathered

NINE = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)


def reminder(n: int, minutes: int = 0, subject: str = "") -> LateRow:
    return LateRow(n, "task_due", 2, NINE + timedelta(minutes=minutes), subject)


def digest(n: int, kind: str = "plan", days: int = 0) -> LateRow:
    return LateRow(n, kind, 3, NINE + timedelta(days=days))


@pytest.mark.parametrize(
    ("rows", "uncertain", "released", "folded", "told"),
    [
        ([], [], (), (), ()),
        ([], [9], (), (), ()),
        ([reminder(1)], [], (1,), (), ()),
        ([reminder(1), reminder(2)], [9], (1, 2), (), ()),
        ([reminder(1), reminder(2), reminder(3)], [], (), (1, 2, 3), (1, 2, 3)),
        ([reminder(1, 5), reminder(2, 3), reminder(3, 4)], [], (), (2, 3, 1), (2, 3, 1)),
        ([reminder(1), reminder(2), reminder(3)], [9], (), (1, 2, 3, 9), (1, 2, 3, 9)),
        ([digest(1), digest(2, days=1), digest(3, days=2)], [], (3,), (1, 2), ()),
        ([digest(1, days=2), digest(2, days=1)], [], (1,), (2,), ()),
        ([digest(1), digest(2, "summary"), reminder(3, -1)], [], (), (3, 1, 2), (3, 1, 2)),
        ([digest(1), digest(2, days=1), reminder(3)], [], (3, 2), (1,), ()),
        ([reminder(1, 0, "appointment:a"), reminder(2, 9, "appointment:a"), reminder(3)], [], (3, 2), (1,), ()),
        ([reminder(1, 0, "task:a"), reminder(2, 9, "task:a"), reminder(3), reminder(4)], [], (), (1, 3, 4, 2), (3, 4, 2)),
    ],
)
def test_table(rows: list[LateRow], uncertain: list[int], released: tuple[int, ...], folded: tuple[int, ...],
               told: tuple[int, ...]) -> None:  # fmt: skip
    found = gathered(rows, uncertain)
    assert (found.released, found.folded, found.told) == (released, folded, told)


ROWS = st.lists(
    st.builds(LateRow, st.just(0), st.sampled_from(["task_due", "birthday", "plan", "weekly"]), st.sampled_from([2, 3]),
              st.integers(0, 5000).map(lambda m: NINE + timedelta(minutes=m)),
              st.sampled_from(["", "", "task:a", "lead:b"])), max_size=30,
).map(lambda rows: [LateRow(n, r.kind, r.priority, r.due_at, r.subject) for n, r in enumerate(rows)])  # fmt: skip


@given(ROWS)
def test_each_row_has_one_end(rows: list[LateRow]) -> None:
    found = gathered(rows)
    assert sorted([*found.released, *found.folded]) == [row.id for row in rows]
    assert not found.released or not found.told
    assert set(found.told) <= set(found.folded)


@given(ROWS)
def test_every_reminder_is_told_and_no_digest_twice(rows: list[LateRow]) -> None:
    found = gathered(rows)
    reaches = [r for r in rows if r.id in {*found.released, *found.told}]
    records = [r.subject for r in reaches if r.subject]
    assert sorted(records) == sorted({r.subject for r in rows if r.subject})
    assert {r.id for r in rows if r.priority == 2 and not r.subject} <= {r.id for r in reaches}
    digests = [r.kind for r in reaches if r.priority == 3 and not r.subject]
    assert sorted(digests) == sorted({r.kind for r in rows if r.priority == 3 and not r.subject})
    assert len(found.released) < ENOUGH
