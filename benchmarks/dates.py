"""How well `parse_time` reads a date-time specification in the JSON form of Recognizers-Text, scored strictly.

    python run_bot.py bench dates PATH/Specs/DateTime/Chinese            a table of figures
    python run_bot.py bench dates PATH/Specs/DateTime/English --show     and what went wrong in the seen half

Only the first expression of each case counts: kind, start, end and seconds must all be equal to one of the
values expected. `first` looks at our likeliest reading alone, `any` at all of them. Ends are exclusive here and
there, but for ranges of named days or months ("1 to 30 June"), whose last one the specification leaves out.
Cases come in two halves by a hash of their text: `seen`, which may be looked at, and `unseen`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from intents import parse_time
from intents.entities.atoms import add_months, lunar_day

KINDS = ("date", "datetime", "time", "daterange", "datetimerange", "timerange", "duration")
FILES = ("DateTimeModel", "*Parser")
_POINT = {"date": "date", "datetime": "dateTime", "time": "time"}
_ENDS = {"daterange": "Date", "datetimerange": "DateTime", "timerange": "Time"}
_LUNAR = re.compile(r"农历|阴历|[正腊]月|初[一二三四五六七八九十]|春节|元宵|端午|中秋|重阳|七夕|腊八")
_EVE = re.compile(r"除夕|年三十")
_LINK = re.compile(
    r"[到至和与~–—-]|\b(?:to|and|until|til|till|through|thru|throughout|between|ending|up to)\b", re.I
)
_PERIOD = re.compile(r"^\([^,]*,[^,]*,P\d+(?:\.\d+)?[YMWD]\)$")
_NAMES_A_DAY = re.compile(
    r"月份?[\d一二三四五六七八九十]|[日号]|day|now|\b\d{1,2}(?:st|nd|rd|th)?\b(?!月)|\d/\d|last|ago|later|tom", re.I
)
_QUARTER = re.compile(r"\bq\d-|-q\d|mid-|(?<=\d{4})-(?=\d{1,2}-)|(?<=-\d\d)-(?=\d\d)", re.I)
Value = tuple[str, Any, Any, float | None]


@dataclass(frozen=True)
class Case:
    """A text, the moment it was said, and every value that counts; none means that it tells no time."""

    file: str
    text: str
    now: datetime
    kind: str
    wanted: tuple[Value, ...]
    unseen: bool
    supported: bool


@dataclass
class Score:
    cases: int = 0
    first: int = 0
    any: int = 0
    wrong: list[tuple[Case, list[Value]]] = field(default_factory=list)

    def add(self, case: Case, got: list[Value]) -> None:
        self.cases += 1
        right = [value in case.wanted for value in got] if case.wanted else [not got]
        self.first += right[0] if right else False
        self.any += any(right)
        if not any(right):
            self.wrong.append((case, got))


def load(folder: Path, patterns: Sequence[str] = FILES) -> Iterator[Case]:
    """The cases with a value that can be told: neither recurrences nor time zones, nor seasons left open."""
    for pattern in patterns:
        for path in sorted(folder.glob(f"{pattern}.json")):
            for raw in json.loads(path.read_text(encoding="utf-8-sig")):
                if (case := _case(path.stem, raw)) is not None:
                    yield case


def _case(file: str, raw: Mapping[str, Any]) -> Case | None:
    said = raw.get("Context", {}).get("ReferenceDateTime")
    results = raw.get("Results", [])
    kind, wanted = "none", tuple[Value, ...]()
    if results:
        kind = str(results[0].get("TypeName") or results[0].get("Type")).removeprefix("datetimeV2.")
        wanted = tuple(_values(kind, results[0]))
        if kind not in KINDS or not (wanted or _impossible(results[0])):
            return None
    now = datetime.fromisoformat(said[:19]) if said else datetime(2016, 11, 7)
    unseen = hashlib.sha256(raw["Input"].encode()).digest()[0] % 2 == 1
    return Case(file, raw["Input"], now, kind, wanted, unseen, not raw.get("NotSupported"))


def _impossible(result: Mapping[str, Any]) -> bool:
    """A day that no calendar has, as 30 February: to be read as no time."""
    values = _raw_values(result)
    return bool(re.search(r"-02-(?:29|30|31)", json.dumps(values))) and result["Text"].count("2") > 0


def _raw_values(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    value = result.get("Resolution") or result.get("Value") or {}
    if "values" in value:
        return list(value["values"])
    kind = str(result.get("Type")).removeprefix("datetimeV2.")
    found = []
    for side in ("FutureResolution", "PastResolution"):
        plain = value.get(side) or {}
        one = {"timex": value.get("Timex"), "type": kind, "Mod": value.get("Mod")}
        one["value"] = plain.get(_POINT.get(kind, kind))
        for edge in ("start", "end"):
            one[edge] = plain.get(f"{edge}{_ENDS.get(kind, '')}")
        found.append({name: told for name, told in one.items() if told is not None})
    return found


def _values(kind: str, result: Mapping[str, Any]) -> Iterator[Value]:
    for raw in _raw_values(result):
        told = [raw[name] for name in ("value", "start", "end") if name in raw]
        if not told or any(t == "not resolved" or str(t).startswith("0001-") for t in told):
            continue
        try:
            yield _value(kind, raw, str(result["Text"]))
        except ValueError:
            continue


def _value(kind: str, raw: Mapping[str, Any], words: str) -> Value:
    if kind == "duration":
        return kind, None, None, float(raw["value"])
    if kind in _POINT:
        point = _moment(kind, str(raw["value"]))
        return kind, _lunar(point, raw, words), None, None
    start, end = (_moment(kind, str(raw[name])) if name in raw else None for name in ("start", "end"))
    if kind == "daterange" and end is not None and (start is None or _LINK.search(_QUARTER.sub("", words))):
        end = _after(end, raw, words)
    return kind, start, end, None


def _moment(kind: str, told: str) -> Any:
    if kind.startswith("datetime"):
        moment = datetime.fromisoformat(told)
        return moment + timedelta(seconds=1) if told.endswith("23:59:59") else moment
    if kind.startswith("time"):
        if told.endswith("23:59:59"):
            told = "00:00:00"
        return datetime.fromisoformat(f"2000-01-01 {told}").time()
    return date.fromisoformat(told[:10])


def _after(end: date, raw: Mapping[str, Any], words: str) -> date:
    """The end of a range whose last day, month or year is named: the specification names its beginning."""
    if raw.get("Mod"):
        return end + timedelta(days=1) if raw["Mod"] == "until" and len(str(raw.get("timex"))) > 7 else end
    last = re.split(_LINK, _QUARTER.sub("", words))[-1]
    if not _PERIOD.match(str(raw.get("timex"))) or re.search(r"\bend of|week|周", last, re.I):
        return end
    if re.fullmatch(r"\W*(?:the year )?(?:\d{2,4}|[零一二三四五六七八九十]+)\s?年?[之间\W]*", last):
        return add_months(end, 12) if re.search(r"\d{4}|年", last) else end + timedelta(days=1)
    if re.search(r"月|[a-z]{3}", last, re.I) and not _NAMES_A_DAY.search(last):
        return add_months(end, 1)
    return end + timedelta(days=1)


def _lunar(point: Any, raw: Mapping[str, Any], words: str) -> Any:
    """A lunar date is given as month and day of the lunar year; the day that it is in ours."""
    if not isinstance(point, date) or not (raw.get("isLunar") or _LUNAR.search(words) or _EVE.search(words)):
        return point
    day, solar = (point.date(), point) if isinstance(point, datetime) else (point, None)
    month_day = (12, 30) if _EVE.search(words) else (day.month, day.day)
    year = day.year - 1 if _EVE.search(words) and day.month == 1 else day.year
    found = lunar_day(year, *month_day) or day
    return datetime.combine(found, solar.time()) if solar else found


def read(text: str, now: datetime) -> list[Value]:
    """What `parse_time` makes of a text, in the shape of the values expected."""
    got = parse_time(text, now)
    readings = got if isinstance(got, list) else [got] if got else []
    return [(r["kind"], r["start"], r["end"], r["seconds"]) for r in readings]


def judge(cases: Iterable[Case]) -> tuple[dict[str, Score], float]:
    """Scores by group (half, kind, file, supported by the reference reader), and CPU milliseconds a text."""
    scores: dict[str, Score] = defaultdict(Score)
    spent, count = 0.0, 0
    for case in cases:
        begun = time.process_time()
        got = read(case.text, case.now)
        spent, count = spent + time.process_time() - begun, count + 1
        half = "unseen" if case.unseen else "seen"
        groups = ("all", half, f"kind {case.kind}", f"file {case.file}")
        for group in (*groups, "all, read by the reference" if case.supported else "all, not read by it"):
            scores[group].add(case, got)
    return scores, spent / max(count, 1) * 1000


def main(argv: Sequence[str]) -> dict[str, Any]:
    """Read a folder of specification files; `--show` prints what went wrong in the seen half."""
    options = _options(argv)
    parse_time("明天 3pm", datetime(2026, 11, 21))  # rules are compiled at first use
    scores, cpu = judge(load(options.folder, options.files or FILES))
    if options.show:
        for case, got in scores["seen"].wrong:
            print(f"{case.file}: {case.text} [{case.now}]")
            print(f"    wanted {_told(case.wanted)}\n    read   {_told(got)}")
    results: list[dict[str, Any]] = [
        {"item": name, "items": s.cases, "first": _share(s.first, s), "any": _share(s.any, s)}
        for name, s in sorted(scores.items())
    ]
    results[0]["cpu_ms"] = round(cpu, 2)
    return {"results": results}


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run_bot.py bench dates", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of one language's JSON files")
    parser.add_argument("--files", action="append", help="a pattern of file names (DateTimeModel and *Parser)")
    parser.add_argument("--show", action="store_true", help="print what went wrong in the seen half")
    return parser.parse_args(argv)


def _share(part: int, score: Score) -> float:
    return round(part / score.cases, 3) if score.cases else 1.0


def _told(values: Iterable[Value]) -> str:
    return "; ".join(" ".join(str(part) for part in value if part is not None) for value in values) or "nothing"
