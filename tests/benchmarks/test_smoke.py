"""Each benchmark runs with tiny sizes and says what it found in one form. How fast it was is not tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import benchmarks
from crm_core.kernel.errors import ConfigError
from tests.support.postgres import NoPostgres, find_binaries

FLOORS = {"driver", "core"}


def run(name: str, tmp_path: Path, *argv: str) -> dict[str, Any]:
    benchmarks.measure(name, argv, tmp_path)
    data: dict[str, Any] = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert data["bench"] == name
    assert data["command"].startswith(f"run_bot.py bench {name}")
    assert data["results"]
    return data


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match="leads, turns, growth"):
        benchmarks.run("nothing")


def test_leads_stand_beside_two_floors(tmp_path: Path) -> None:
    data = run("leads", tmp_path, "--items=4", "--rounds=2", "--http=", "--database=sqlite")
    [lead] = data["results"]
    assert (lead["database"], lead["items"], lead["commits"]) == ("sqlite", 4, 1)
    assert lead["rows"].keys() >= {"customers", "contact_points", "leads", "deals", "touches", "outbox"}
    assert lead["per_second"] > 0
    assert lead["cpu_ms"] > 0
    assert set(lead["floors"]) == set(lead["ratio"]) == FLOORS
    assert all(floor["per_second"] > 0 for floor in lead["floors"].values())


@pytest.mark.postgres
def test_leads_on_postgresql(tmp_path: Path) -> None:
    try:
        find_binaries()
    except NoPostgres as error:
        pytest.skip(str(error))
    data = run("leads", tmp_path, "--items=2", "--rounds=1", "--http=", "--database=postgres")
    assert [r["database"] for r in data["results"]] == ["postgres"]


def test_a_database_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> None:
        raise NoPostgres("no server here")

    monkeypatch.setattr("tests.support.postgres.open_cluster", nowhere)
    data = run("leads", tmp_path, "--items=2", "--rounds=1", "--http=")
    assert data["skipped"] == [{"database": "postgres", "reason": "no server here"}]
    assert {r["database"] for r in data["results"]} == {"sqlite"}
