"""Options that all benchmarks know."""

from __future__ import annotations

import argparse

from benchmarks.places import POSTGRES, SQLITE


def parser(name: str, purpose: str, items: int, rounds: int = 5) -> argparse.ArgumentParser:
    """Number of items, rounds, and on which databases."""
    found = argparse.ArgumentParser(prog=f"run_bot.py bench {name}", description=purpose)
    found.add_argument("--items", type=_positive, default=items, help=f"items of each kind ({items})")
    found.add_argument("--rounds", type=_positive, default=rounds, help=f"rounds, floors in turn ({rounds})")
    found.add_argument("--database", choices=(SQLITE, POSTGRES), action="append",
                       help="only this one; twice for both (both)")  # fmt: skip
    return found


def databases(options: argparse.Namespace) -> list[str]:
    return options.database or [SQLITE, POSTGRES]


def numbers(text: str) -> tuple[int, ...]:
    """`1,8,32`; empty for none."""
    return tuple(_positive(part) for part in text.split(",") if part.strip())


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
