"""What a run found: shown as a table, kept as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.floors import Footprint
from benchmarks.timing import Series, Timed

APP, DRIVER, CORE = "item", "driver", "core"


def figures(timed: Timed) -> dict[str, float]:
    """Rate, CPU and latency of one kind of work."""
    return {
        "per_second": round(timed.per_second, 1),
        "cpu_ms": round(timed.cpu_ms, 2),
        "p50_ms": round(timed.quantile(0.5), 2),
        "p95_ms": round(timed.quantile(0.95), 2),
    }


def beside_floors(database: str, item: str, series: Series, print_: Footprint, **more: Any) -> dict[str, Any]:
    """One line: the item, its floors and the ratios."""
    whole = series.total(APP)
    return {
        "database": database, "item": item, "people": 1, "items": whole.items, **figures(whole), **more,
        "commits": print_.commits, "rows": print_.rows,
        "floors": {name: figures(series.total(name)) for name in (DRIVER, CORE)},
        "ratio": {name: round(series.ratio(APP, name), 3) for name in (DRIVER, CORE)},
    }  # fmt: skip


def finish(name: str, argv: Sequence[str], found: dict[str, Any]) -> dict[str, Any]:
    """The run's data with what is needed to judge it later."""
    return {
        "bench": name,
        "command": " ".join(["run_bot.py bench", name, *argv]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores",
        "python": platform.python_version(),
        "skipped": [],
        **found,
    }


def save(data: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def show(data: dict[str, Any]) -> None:
    """Print the table, and what could not be measured."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=150 if not os.isatty(1) else None)
    table = Table(title=f"{data['command']}  ({data['machine']})", title_justify="left")
    lines = [_line(result) for result in data["results"]]
    columns = list(dict.fromkeys(key for line in lines for key in line))
    for column in columns:
        table.add_column(column, justify="left" if column in ("database", "item") else "right")
    for line in lines:
        table.add_row(*(line.get(column, "") for column in columns))
    console.print(table)
    for skipped in data["skipped"]:
        console.print(f"not measured: {skipped['database']}: {skipped['reason']}", markup=False)


def _line(result: dict[str, Any]) -> dict[str, str]:
    line = {key: str(result[key]) for key in _SHOWN if result.get(key) is not None}
    for name, ratio in result.get("ratio", {}).items():
        line[f"of {name}"] = f"{ratio:.2f}"
    for name, floor in result.get("floors", {}).items():
        line[f"{name}/s"] = str(floor["per_second"])
    if "rows" in result:
        line["rows"] = str(sum(result["rows"].values()))
    return line


_SHOWN = (
    "database", "item", "asker", "people", "items", "recall_1", "recall_5", "mrr", "auroc", "answered", "right",
    "per_second", "cpu_ms", "cpu_p95", "p50_ms", "p95_ms", "p99_ms", "index_s", "index_cpu_s", "rss_mb",
    "acked_per_second", "ack_p50_ms", "ack_p99_ms", "stall_ms", "small_ms", "large_ms", "growth", "floors_of",
    "found_pct", "wrong_fits", "sure_pct", "seconds", "cpu_s", "rows_per_second", "commits", "first", "any",
)  # fmt: skip
