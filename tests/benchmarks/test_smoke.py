"""Each benchmark runs with tiny sizes and says what it found in one form. How fast it was is not tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import benchmarks
from crm_core.kernel.errors import ConfigError
from tests.support.postgres import NoPostgres, find_binaries

pytestmark = pytest.mark.slow
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


def test_leads_over_http_are_all_there(tmp_path: Path) -> None:
    data = run("leads", tmp_path, "--items=3", "--rounds=1", "--http=2", "--database=sqlite")
    alone, http = data["results"]
    assert (http["item"], http["people"], http["items"]) == ("lead, over HTTP", 2, 3)
    assert http["p50_ms"] > 0
    assert set(http["ratio"]) == set(alone["floors"])


def test_turns_are_measured_step_by_step_and_together(tmp_path: Path) -> None:
    data = run("turns", tmp_path, "--items=4", "--rounds=2", "--people=1,2", "--database=sqlite",
               "--only=write", "--only=read", "--only=button")  # fmt: skip
    lines = {(r["item"], r["people"]): r for r in data["results"]}
    for kind in ("write", "read", "button"):
        alone = lines[f"{kind}, step by step", 1]
        assert set(alone["ratio"]) == FLOORS
        assert alone["commits"] > 1
        assert {"inbox", "outbox", "chat_messages", "attempts"} <= alone["rows"].keys()
        assert [lines[kind, people]["items"] for people in (1, 2)] == [4, 4]


def test_growth_compares_two_sizes_for_two_askers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    data = run("growth", tmp_path, "--sizes=30,90", "--items=2", "--rounds=1", "--no-turns", "--database=sqlite")
    assert {r["asker"] for r in data["results"]} == {"rep", "manager"}
    assert {r["item"] for r in data["results"]} >= {"by name", "by honorific", "by phone tail", "my leads", "new lead"}
    assert all(r["small_ms"] > 0 and r["large_ms"] > 0 and r["growth"] > 0 for r in data["results"])


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


def test_what_is_due_stands_beside_a_bare_loop(tmp_path: Path) -> None:
    data = run("due", tmp_path, "--items=20", "--minutes=0.01", "--database=sqlite")
    at_once, queue, steady = data["results"]
    assert (at_once["items"], queue["items"]) == (20, 20)
    for one in (at_once, queue):
        assert set(one["floors"]) == {"bare", "one"}
        assert min(one["ratio"].values()) > 0
    assert steady["items"] > 0
    assert 0 < steady["p50_ms"] <= steady["p99_ms"]


def test_updates_are_acknowledged_and_answered_beside_an_echo(tmp_path: Path) -> None:
    data = run("webhook", tmp_path, "--items=4", "--rounds=1", "--people=1,2", "--seconds=1", "--spoilt=40",
               "--database=sqlite")  # fmt: skip
    spoilt = [line for line in data["results"] if line["item"].startswith("spoilt: ")]
    *turns, poured, half = data["results"][: -len(spoilt)]
    assert [(line["item"], line["people"], line["items"]) for line in turns] == [("turn", 1, 4), ("turn", 2, 4)]
    for line in (*turns, poured):
        assert set(line["floors"]) == set(line["ratio"]) == {"echo"}
        assert line["ratio"]["echo"] > 0
        assert 0 < line["ack_p50_ms"] <= line["ack_p99_ms"]
    assert poured["acked_per_second"] > 0
    assert half["items"] >= 1
    assert 0 < half["ack_p50_ms"] <= half["ack_p99_ms"]
    assert [line["item"].removeprefix("spoilt: ") for line in spoilt] == [
        "Telegram webhook", "callback", "kf calls", "kf messages", "AI bot frames"]  # fmt: skip
    assert all((line["items"], line["stall_ms"] > 0) == (40, True) for line in spoilt)


def test_more_chats_than_there_are_people_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("webhook", tmp_path, "--people=33")
    assert "1 to 32" in capsys.readouterr().err


def test_fitment_holds_its_answers_against_the_generators_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    data = run("fitment", tmp_path, "--applications=250,500", "--items=4", "--rounds=1", "--database=sqlite")
    lines = {line["item"]: line for line in data["results"]}
    assert {"OE number", "superseded", "aftermarket", "fit by VIN", "parts by words"} <= lines.keys()
    assert all(line.get("found_pct", 100) == 100 and line.get("wrong_fits", 0) == 0 for line in lines.values())


def test_access_is_measured_in_turns_and_on_a_list(tmp_path: Path) -> None:
    data = run("access", tmp_path, "--items=3", "--rounds=1", "--database=sqlite")
    lines = {(line["asker"], line["item"]): line for line in data["results"]}
    assert set(lines) == {(asker, item) for asker in ("rep", "manager") for item in ("turn", "list of 200")}
    assert lines["rep", "turn"]["checks"] > 1
    assert lines["rep", "list of 200"]["plain_cpu_ms"] > 0
