"""The page of figures, `docs/faults.md`."""

from __future__ import annotations

import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.faults.proof import Finding, Proof

PAGE = Path(__file__).parent.parent.parent / "docs" / "faults.md"
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
    """One proof on one database."""

    proof: Proof
    database: str
    finding: Finding

    @property
    def verdict(self) -> str:
        return "kept" if not self.finding.problems else "BROKEN"


def summary(line: Line, seed: int) -> str:
    """One line for the terminal; a broken promise with its seed."""
    figures = ", ".join(f"{name} {value}" for name, value in line.finding.figures.items())
    head = f"{line.proof.number:>2} {line.proof.name} on {line.database}: {line.verdict} in {line.finding.seconds} s"
    told = "".join(f"\n   - {problem}" for problem in line.finding.problems)
    return f"{head} ({_account(line)}; {figures}){told}" + (f"\n   --seed {seed}" if told else "")


def _account(line: Line) -> str:
    tally = line.finding.tally
    if tally is None:
        return "no messages counted"
    return f"lost {len(tally.lost)}, duplicates {tally.duplicates} of at most {tally.bound}, messages {tally.messages}"


def write(lines: Sequence[Line], argv: Sequence[str], seed: int) -> None:
    """Write the page."""
    rows = ["| | proof | database | messages | lost | duplicates | bound | uncertain | seconds | promise |",
            "|---|---|---|---|---|---|---|---|---|---|", *map(_row, lines)]  # fmt: skip
    more = [f"- **{line.proof.number} {line.proof.name}, {line.database}** "
            f"({line.proof.does}; must show: {line.proof.shows}): "
            + ", ".join(f"{name} {value}" for name, value in line.finding.figures.items())
            + "".join(f"; **broken: {problem}**" for problem in line.finding.problems)
            for line in lines]  # fmt: skip
    PAGE.write_text(
        "\n".join([HEAD, _facts(argv, seed), "", *rows, "", "## Figures", "", *more, ""]), encoding="utf-8"
    )


def _facts(argv: Sequence[str], seed: int) -> str:
    command = " ".join(["python -m benchmarks.faults", *argv])
    server = subprocess.run(["psql", "--version"], capture_output=True, text=True, check=False).stdout.split()
    return (
        f"`{command}` with seed {seed}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL {server[2] if len(server) > 2 else 'unknown'}."
    )


def _row(line: Line) -> str:
    tally = line.finding.tally
    figures = ("", "", "", "", "") if tally is None else (
        tally.messages, len(tally.lost), tally.duplicates, tally.bound, tally.uncertain,
    )  # fmt: skip
    cells = (line.proof.number, line.proof.name, line.database, *figures, line.finding.seconds, line.verdict)
    return "| " + " | ".join(map(str, cells)) + " |"
