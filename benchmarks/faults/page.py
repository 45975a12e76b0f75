"""What the proofs found, kept as JSON, and the page of it, `docs/faults.md`."""

from __future__ import annotations

import json
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.faults.proof import Finding, Proof

ROOT = Path(__file__).parent.parent.parent
PAGE, KEPT = ROOT / "docs" / "faults.md", ROOT / "benchmarks" / "out" / "faults"
HEAD = """# Faults made on purpose

Written by `make faults`; do not edit. Real worker processes (core, engine, sender) over real HTTP against two
invented platforms, one like Telegram and one like WeCom, that keep an append-only log of what they accepted. The
log, beside what the database says was due, is the account below. *Lost*: due, and neither accepted nor shown as
uncertain or dead with somebody told. *Bound*: tries of which nobody could know that they had arrived (no answer
after accept, and in flight at a kill); there may be no more duplicates than that, message by message.

On SQLite several processes share one file here, although `serve` refuses that.
"""


@dataclass(frozen=True)
class Line:
    """One proof on one database, as it is kept."""

    number: int
    name: str
    does: str
    shows: str
    database: str
    seed: int
    at: str
    seconds: float
    figures: dict[str, Any]
    problems: list[str]
    tally: dict[str, Any] | None

    @property
    def verdict(self) -> str:
        return "BROKEN" if self.problems else "kept"


def line(proof: Proof, database: str, seed: int, found: Finding) -> Line:
    """A finding with what is needed to judge it later."""
    return Line(
        number=proof.number, name=proof.name, does=proof.does, shows=proof.shows, database=database, seed=seed,
        at=f"{datetime.now(UTC):%Y-%m-%d %H:%M}", seconds=found.seconds, figures=found.figures,
        problems=found.problems, tally=found.tally.figures() if found.tally is not None else None,
    )  # fmt: skip


def keep(one: Line) -> None:
    """Remember it for the page; the newest of a proof and database counts."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{one.number:02}-{one.database}.json"
    path.write_text(
        json.dumps(asdict(one), ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8"
    )


def summary(one: Line) -> str:
    """For the terminal; a broken promise with its seed."""
    head = f"{one.number:>2} {one.name} on {one.database}: {one.verdict} in {one.seconds} s"
    told = "".join(f"\n   - {problem}" for problem in one.problems)
    return f"{head} ({_account(one)}{_figures(one)}){told}" + (f"\n   --seed {one.seed}" if told else "")


def _account(one: Line) -> str:
    if one.tally is None:
        return ""
    return "{messages} messages, lost {lost}, duplicates {duplicates} of at most {bound}; ".format(
        **one.tally
    )


def _figures(one: Line) -> str:
    return ", ".join(f"{name} {value}" for name, value in one.figures.items())


def write(argv: Sequence[str]) -> None:
    """Write the page from what is kept."""
    lines = [Line(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(KEPT.glob("*.json"))]
    rows = ["| | proof | database | messages | lost | duplicates | bound | uncertain | seconds | promise |",
            "|---|---|---|---|---|---|---|---|---|---|", *map(_row, lines)]  # fmt: skip
    more = [f"- **{one.number} {one.name}, {one.database}**: {_figures(one)}. Seed {one.seed}, {one.at} UTC."
            + "".join(f" **Broken: {problem}.**" for problem in one.problems) for one in lines]  # fmt: skip
    table = [f"{one.number}. {one.does[0].upper()}{one.does[1:]}. Must show: {one.shows}."
             for one in {one.number: one for one in lines}.values()]  # fmt: skip
    parts = [
        HEAD,
        _facts(argv),
        "",
        *rows,
        "",
        "## What is done",
        "",
        *table,
        "",
        "## Figures",
        "",
        *more,
        "",
    ]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _facts(argv: Sequence[str]) -> str:
    command = " ".join(["python -m benchmarks.faults", *argv])
    server = subprocess.run(["psql", "--version"], capture_output=True, text=True, check=False).stdout.split()
    share = " (a tenth of everything)" if "--quick" in argv else ""
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return f"`{command}`{share}, {versions}, PostgreSQL {server[2] if len(server) > 2 else 'unknown'}."


def _row(one: Line) -> str:
    names = ("messages", "lost", "duplicates", "bound", "uncertain")
    figures = [one.tally[name] if one.tally else "" for name in names]
    cells = (one.number, one.name, one.database, *figures, one.seconds, one.verdict)
    return "| " + " | ".join(map(str, cells)) + " |"
