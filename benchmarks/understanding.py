"""How well people's words are understood: `tests/data/utterances.jsonl` read by the grammar, scored slot by slot."""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

from intents import Context, Understanding, understand
from intents.schema import load_schema

DATA = Path(__file__).parents[1] / "tests" / "data" / "utterances.jsonl"
SPLITS = ("dev", "held_out")
FREE = frozenset({"text", "outcome", "reason", "topic"})  # right when they hold the expected words
Row = dict[str, Any]


@dataclass
class Verdict:
    """One utterance: which intents were named, and every slot that is wrong, as `intent.slot: ...`."""

    row: Row
    got: Understanding
    intents_right: bool
    slots: int = 0
    wrong: list[str] = field(default_factory=list)
    wrong_writes: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return self.intents_right and not self.wrong

    @property
    def offered(self) -> bool:
        """Not recognised, but the intent is among the choices shown."""
        wanted = {command["intent"] for command in self.row["expect"]["commands"]}
        return bool(wanted & {choice.command.intent for choice in self.got.alternatives})


def rows(path: Path = DATA) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def judge(row: Row) -> Verdict:
    """Read one utterance and compare it with what was meant."""
    given = row.get("context") or {}
    context = Context(given.get("focus_person"), given.get("asked_intent"), given.get("asked_slot"))
    got = understand(row["text"], role=row["as"], now=datetime.fromisoformat(row["now"]), context=context)
    return compare(row, got)


def compare(row: Row, got: Understanding) -> Verdict:
    """The verdict on an answer; a write nobody asked for counts apart from an intent that was missed."""
    wanted = row["expect"]["commands"]
    said = [command.to_json() for command in got.commands]
    accepted = {row["expect"]["outcome"], *row["expect"].get("also", ())}
    same = sorted(c["intent"] for c in wanted) == sorted(c["intent"] for c in said)
    verdict = Verdict(row, got, same and got.outcome in accepted)
    meant = {c["intent"] for c in wanted}
    verdict.wrong_writes = [c["intent"] for c in said if c["intent"] not in meant and _writes(c["intent"])]
    compare_slots = _compare_asked if row["expect"].get("slots") == "asked" else _compare_slots
    if same:
        for want in wanted:
            have = next(c for c in said if c["intent"] == want["intent"])
            compare_slots(verdict, want, have["slots"])
    return verdict


def _writes(intent: str) -> bool:
    return load_schema()[intent].writes


def _compare_slots(verdict: Verdict, want: Mapping[str, Any], have: Mapping[str, Any]) -> None:
    values = {_slot_name(want["intent"], name): slot["value"] for name, slot in have.items()}
    wanted = {_slot_name(want["intent"], name): value for name, value in want["slots"].items()}
    named = [*wanted, *(name for name in values if name not in wanted and name not in FREE)]
    for name in named:
        verdict.slots += 1
        expected = wanted.get(name)
        if not any(_equal(name, choice, values.get(name)) for choice in _choices(expected)):
            verdict.wrong.append(f"{want['intent']}.{name}: {values.get(name)!r}, not {expected!r}")


def _compare_asked(verdict: Verdict, want: Mapping[str, Any], have: Mapping[str, Any]) -> None:
    """Only what the row asks for, in our spelling of it or in the speaker's."""
    for name, expected in want["slots"].items():
        verdict.slots += 1
        slot = have.get(name) or {"value": None}
        if not any(_meant(choice, slot["value"], slot.get("words", "")) for choice in _choices(expected)):
            verdict.wrong.append(f"{want['intent']}.{name}: {slot['value']!r}, not {expected!r}")


def _meant(expected: Any, value: Any, words: str) -> bool:
    if isinstance(expected, dict) and isinstance(value, dict):
        return all(_meant(part, value.get(key), words) for key, part in expected.items())
    if expected == value:
        return True
    return isinstance(expected, str) and any(_folded(expected) in _folded(str(one)) for one in (value, words))


def _slot_name(intent: str, name: str) -> str:
    """A question about a period may name it either way."""
    return "when" if intent in ("my_tasks", "my_leads") and name == "period" else name


def _choices(expected: Any) -> list[Any]:
    """What is accepted: `{"any": [...]}` lists it, also inside the parts of a value."""
    if not isinstance(expected, dict):
        return [expected]
    if set(expected) == {"any"}:
        return [one for choice in expected["any"] for one in _choices(choice)]
    parts = product(*(_choices(value) for value in expected.values()))
    return [dict(zip(expected, values, strict=True)) for values in parts]


def _equal(name: str, expected: Any, value: Any) -> bool:
    if name in FREE and expected is not None:
        return _folded(str(expected)) in _folded(str(value))
    if isinstance(expected, dict) and isinstance(value, dict) and name == "vehicle":
        ignored = set() if "brand" in expected else {"brand"}
        return expected == {key: part for key, part in value.items() if key not in ignored}
    return bool(expected == value)


def _folded(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Shares of right intents, slots and whole answers, and how many writes nobody asked for."""
    slots = sum(v.slots for v in verdicts)
    times = sorted(v.got.ms for v in verdicts)
    # What the ranker reads is shown on a card first.
    sure = [v for v in verdicts if v.got.layer != "ranker"]
    silent = [w for v in sure for w in v.wrong_writes if load_schema()[w].risk == "own_write"]
    return {
        "items": len(verdicts),
        "intent": _share(sum(v.intents_right for v in verdicts), len(verdicts)),
        "slots": _share(slots - sum(len(v.wrong) for v in verdicts), slots),
        "all": _share(sum(v.right for v in verdicts), len(verdicts)),
        "offered": sum(not v.intents_right and v.offered for v in verdicts),
        "wrong_writes": sum(bool(v.wrong_writes) for v in verdicts),
        "wrong_silent_writes": len(silent),
        "p50_ms": round(times[len(times) // 2], 2) if times else 0.0,
        "p95_ms": round(times[int(len(times) * 0.95)], 2) if times else 0.0,
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 1.0


def breakdown(verdicts: Iterable[Verdict]) -> Iterator[dict[str, Any]]:
    """One line for each split, then for its languages, roles, and text that is no command."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        row = verdict.row
        split = row.get("split", "all")
        kind = "command" if row["expect"]["commands"] else "no command"
        for name in (split, f"{split} · {row['lang']}", f"{split} · {row['as']}", f"{split} · {kind}"):
            groups[name].append(verdict)
    for name in sorted(groups):
        yield {"database": "-", "item": name, "people": 1, **summary(groups[name])}


def main(argv: list[str]) -> dict[str, Any]:
    """Read all utterances; `--show` prints what went wrong in dev. Held-out text is never shown."""
    options = _options(argv)
    if options.names:
        return _names(options)
    if options.classifier or options.calibration or options.start:
        return _part(options)
    begun = time.perf_counter()
    understand("你好", role="rep", now=datetime.fromisoformat("2026-11-21T14:20:00+08:00"))
    first_ms = round((time.perf_counter() - begun) * 1000, 1)
    verdicts = [judge(row) for row in rows(options.data)]
    if options.show:
        for verdict in verdicts:
            if verdict.row.get("split", "dev") == "dev" and not verdict.right:
                _show(verdict)
    results = list(breakdown(verdicts))
    _table(results)
    return {"results": results, "first_call_ms": first_ms}


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run_bot.py bench understanding", description=__doc__)
    parser.add_argument("--show", action="store_true", help="print what went wrong in the dev half")
    parser.add_argument("--data", type=Path, default=DATA, help="JSON lines of utterances")
    parser.add_argument("--names", type=int, nargs="?", const=50_000, metavar="CUSTOMERS",
                        help="misspelt names among so many customers (50000) instead")  # fmt: skip
    parser.add_argument("--items", type=int, default=300, help="names of each kind (300)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append", help="for the names (both)")
    parser.add_argument("--classifier", type=Path, help='ExampleClassifier on {"text", "label"} lines instead')
    parser.add_argument("--calibration", action="store_true", help="what the ranker's confidence is worth instead")
    parser.add_argument("--start", action="store_true", help="start and memory of a fresh process instead")
    return parser.parse_args(argv)


def _names(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import understanding_names

    found, skipped = understanding_names.main(options.names, options.items, options.database or ["sqlite", "postgres"])
    _plain_table(found)
    return {"results": found, "skipped": skipped}


def _part(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import understanding_parts as parts

    if options.classifier:
        found = parts.classifier(options.classifier)
    elif options.calibration:
        found = parts.calibration()
    else:
        found = parts.start([row["text"] for row in rows(options.data)])
    _plain_table(found)
    return {"results": [{"database": "-", **line} for line in found]}


def _plain_table(found: Sequence[Mapping[str, Any]]) -> None:
    print("".join(f"{key:>20}" for key in found[0]) if found else "nothing measured")
    for line in found:
        print("".join(f"{line[key]!s:>20}" for key in line))


def _show(verdict: Verdict) -> None:
    row, got = verdict.row, verdict.got
    print(f"{row['as']}: {row['text']}")
    print(f"    meant {[c['intent'] for c in row['expect']['commands']]}, {row['expect']['outcome']}")
    said = [(c.intent, {name: slot.value for name, slot in c.slots.items()}) for c in got.commands]
    print(f"    read  {said}, {got.outcome} by {got.layer} {got.score:.2f} {got.why}")
    if got.alternatives:
        print(f"    chips {[(c.command.intent, round(c.score, 2)) for c in got.alternatives]}")
    for problem in verdict.wrong:
        print(f"    slot  {problem}")


def _table(results: list[dict[str, Any]]) -> None:
    columns = (
        "items",
        "intent",
        "slots",
        "all",
        "offered",
        "wrong_writes",
        "wrong_silent_writes",
        "p50_ms",
        "p95_ms",
    )
    print(
        f"{'':26}" + "".join(f"{column:>20}" if len(column) > 12 else f"{column:>13}" for column in columns)
    )
    for line in results:
        cells = (str(line[column]) for column in columns)
        sized = (
            f"{cell:>{20 if len(column) > 12 else 13}}" for cell, column in zip(cells, columns, strict=True)
        )
        print(f"{line['item']:26}" + "".join(sized))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
