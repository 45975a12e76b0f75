"""How fast it is, beside the floors it is measured against: `run_bot.py bench NAME`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent / "out"
BENCHES = {
    "leads": "a lead taken in: the command alone, and over HTTP",
    "turns": "people in a chat: through the whole pipeline",
    "growth": "2,000 customers against 200,000",
    "understanding": "what people type, read offline: intents, slots, wrong writes",
    "dates": "a public date-time specification, read by parse_time",
    "retrieval": "notes found for questions: recall, abstention, time, beside BM25 and Chroma",
    "fitment": "parts: every number found, no wrong fits, 10,000 applications against 1,000,000",
    "webhook": "updates of Telegram: how soon acknowledged, how many answered a second",
    "access": "who may: CPU of the whole check in a turn, and on a list of 200 records",
    "due": "what is due, handed to the sender: how soon, and how much a second",
}


def run(name: str, *argv: str) -> int:
    """Run one benchmark, print its table and write `out/<name>.json`. Returns the exit code.

    Raises ConfigError for a name not in `BENCHES`; unknown options end the program with a usage message.
    """
    measure(name, argv, OUT)
    return 0


def measure(name: str, argv: Sequence[str], out: Path) -> dict[str, Any]:
    """Run one benchmark, print its table, write `<out>/<name>.json` and return the same data."""
    from benchmarks import report
    from crm_core.kernel.errors import ConfigError

    if name not in BENCHES:
        raise ConfigError("bench", f"there is no {name!r}; there are {', '.join(BENCHES)}")
    found = importlib.import_module(f"benchmarks.{name}").main(list(argv))
    finished = report.finish(name, argv, found)
    report.show(finished)
    report.save(finished, out / f"{name}.json")
    return finished
