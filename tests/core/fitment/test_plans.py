"""No question reads a table of the catalogue whole, on either database: asked for real, and the plans looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from benchmarks.fitment import Counter
from benchmarks.fitment_data import PER_FAMILY, populate
from crm_core.api import Core

FAMILIES, OWNERS = 3, 12
LARGE = ("applications", "parts", "cross_refs", "models", "model_names", "part_stock", "part_prices", "cars")
WHOLE = re.compile(rf"\b(?:SCAN|Seq Scan on) (?:{'|'.join(LARGE)})\b")


@contextmanager
def statements(core: Core) -> Iterator[list[tuple[str, Any]]]:
    """Every query the database is given."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(core.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(core.database.engine, "before_cursor_execute", note)


def plan(core: Core, statement: str, parameters: Any) -> str:
    """How the database would find the rows, were the tables too large to read whole."""
    how = "EXPLAIN QUERY PLAN" if core.database.is_sqlite else "EXPLAIN"
    with core.database.engine.connect() as connection:
        if not core.database.is_sqlite:
            connection.execute(text("set enable_seqscan = off"))
        return "\n".join(str(row) for row in connection.exec_driver_sql(f"{how} {statement}", parameters))


@pytest.fixture
def counter(core: Core) -> Counter:
    populate(core, FAMILIES * PER_FAMILY, OWNERS)
    return Counter(core, FAMILIES, OWNERS)


def test_every_question_about_parts_goes_by_an_index(counter: Counter) -> None:
    asks = counter.asks()
    assert {"OE number", "superseded", "aftermarket", "fit by VIN", "fit by plate", "parts by words"} <= asks.keys()
    whole = {}
    for name, ask in asks.items():
        with statements(counter.core) as seen:
            for number in range(3):
                ask(number)
        assert seen, name
        for statement, parameters in dict(seen).items():
            found = plan(counter.core, statement, parameters)
            # What is asked about no number at all reads nothing, whatever stands below.
            if WHOLE.search(found) and "One-Time Filter: false" not in found:
                whole[name] = f"{statement}\n{found}"
    assert whole == {}


def test_no_number_is_missed_and_no_fit_is_wrong(counter: Counter) -> None:
    """Against the generator's own truth, which the product never sees."""
    for ask in counter.asks().values():
        for number in range(40):
            ask(number)
    assert {name: score.wrong_fits for name, score in counter.scores.items() if score.wrong_fits} == {}
    assert {name: score.missed for name, score in counter.scores.items() if score.missed} == {}
    assert sum(score.sure for score in counter.scores.values()) > 100
