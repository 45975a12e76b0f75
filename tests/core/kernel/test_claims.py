"""Claims find what they need by index, however much waits."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import text

from crm_core.api import Core
from crm_core.kernel.claims import claim_sql, next_due_sql
from crm_core.kernel.inbox import bind_instant
from tests.conftest import NOW


def plan(core: Core, sql: str, given: dict[str, object]) -> str:
    """How the database would go about it; on PostgreSQL as for a large table."""
    with core.database.write() as session:
        if not core.database.is_sqlite:
            session.execute(text("set local enable_seqscan = off"))
        explain = "explain query plan " if core.database.is_sqlite else "explain "
        return "\n".join(str(row) for row in session.execute(text(explain + sql), given))


@pytest.mark.parametrize(("runs", "paused", "urgent"), list(itertools.product([False, True], repeat=3)))
def test_a_claim_reads_no_more_than_what_is_pending(
    core: Core, runs: bool, paused: bool, urgent: bool
) -> None:
    sql = claim_sql(account=True, sqlite=core.database.is_sqlite, runs=runs, paused=paused, urgent=urgent)
    now = bind_instant(NOW, core.database)
    given = {"now": now, "lease": now, "worker": "w", "park": 3, "n": 50, "account": "web", "since": now}
    steps = plan(core, sql, given)
    assert "ix_outbox_account" in steps
    assert "ix_outbox_chat" in steps
    assert "SCAN x" not in steps
    assert "SCAN p" not in steps
    assert "ix_outbox_due" not in steps, "what waits for other accounts is not looked at"
    assert "Seq Scan on outbox" not in steps


@pytest.mark.parametrize(("paused", "looks"), [(False, 8), (True, 2)])
def test_what_is_due_next_is_looked_up(core: Core, paused: bool, looks: int) -> None:
    since = {"since": bind_instant(core.now(), core.database)} if paused else {}
    steps = plan(core, next_due_sql(2, paused=paused), {"a0": "web", "a1": "term"} | since)
    assert steps.count("ix_outbox_account") >= looks
    assert "SCAN outbox" not in steps.replace("SCAN outbox USING COVERING INDEX ix_outbox_account", "")
