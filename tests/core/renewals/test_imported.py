"""Dates that come with an import of cars: what is due is written down at once, what is over is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from crm_core.imports.run import run_import
from crm_core.renewals.messages import Renewals
from tests.core.deals.house import House

ROWS = """客户,车牌,车型,购车日期,里程,上次保养,上次保养里程,保险到期,年审到期
C1,沪A12345,迈腾,2024-05-01,18000,2025-12-01,15000,2026-05-20,2026-05-31
C2,沪A54321,迈腾,2024-05-01,,,,2025-05-20,
"""


def test_dates_of_cars_become_renewals(house: House, tmp_path: Path) -> None:
    first, second = house.customer(code="C1"), house.customer(name="李芳", code="C2")
    file = tmp_path / "cars.csv"
    file.write_text(ROWS, encoding="utf-8")
    report = run_import(house.core, house.core.system("starway"), "vehicles", file)
    assert report.rejected == []
    found = {view.kind: view for view in house.ask("rep1", Renewals(customer_id=first))}
    assert (found["insurance"].due_on, found["inspection"].due_on) == (date(2026, 5, 20), date(2026, 5, 31))
    assert found["maintenance"].due_on <= date(2026, 12, 1)
    assert "insurance" not in {view.kind for view in house.ask("rep1", Renewals(customer_id=second))}
    again = run_import(house.core, house.core.system("starway"), "vehicles", file)
    assert again.rejected == []
    assert len(house.ask("rep1", Renewals(customer_id=first))) == len(found)
