"""Things said to happen again and again: 每周一早上9点, every Monday at 9; read as an RFC 5545 rule and a first time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from ..normalize import is_chinese
from ..types import Span
from .numbers import small

DEFAULT = time(9)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ZH_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5,
            "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "6": 5, "7": 6}  # fmt: skip
_EN_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_N = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_DATE = rf"(?:{_N}[号日]|最后一天|月底|月末)"
_CN_DAY = r"(?:[一二三四五六日天]|[1-7](?![\d:点]))"
_ZH = re.compile(
    rf"每(?:个)?(?:周|星期|礼拜)(?P<from>{_CN_DAY})(?:到|至|-|~)(?:周|星期|礼拜)?(?P<until>{_CN_DAY})|"
    rf"每(?P<nw>隔?{_N})?(?:个)?(?:周|星期|礼拜)(?:的)?(?:(?:周|星期|礼拜)(?=[一二三四五六日天末1-7]))?"
    rf"(?P<days>末|{_CN_DAY}(?:[、,和与及]?(?:周|星期|礼拜)?{_CN_DAY})*)?|"
    rf"(?:每(?:个)?)?(?P<work>工作日|上班日|周内)|每(?P<nd>隔?{_N})?[天日](?!天)|每(?P<part>早|晚|晨)(?!期)|"
    rf"每(?P<nm>隔?{_N})?个?月(?:的)?(?P<dates>{_DATE}(?:[、,和与及]?{_DATE})*)?|每(?:个)?季度|"
    rf"每年(?:的)?(?:(?P<month>{_N})月(?P<mday>{_N})[号日])?"
)
_DAY_EN = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_EN = re.compile(
    rf"\b(?:(?:every|each)\s+(?P<other>other\s+)?(?P<days>{_DAY_EN}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+){_DAY_EN})*)|"
    rf"(?:on\s+)?(?P<plural>(?:mon|tues|wednes|thurs|fri|satur|sun)days)|"
    r"(?:every|each)\s+(?P<work>weekday|working day|workday|business day)|weekdays|"
    r"(?:every|each)\s+(?P<part>morning|evening)|(?P<daily>daily)|(?P<weekly>weekly)|(?P<monthly>monthly)|"
    r"(?:every|each)\s+(?:(?P<n>\d{1,2}|other|two|three|four|six)\s+)?(?P<unit>day|week|month|quarter|year)s?)\b"
    r"(?:\s+on\s+(?P<wday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)|"
    r"\s+on\s+(?:the\s+)?(?:(?P<last>last day)|"
    r"(?P<date>\d{1,2})(?:st|nd|rd|th)?(?:\s+(?:of\s+)?(?P<mon>[a-z]{3})[a-z]*)?))?",
    re.I,
)  # fmt: skip
_OF_MONTH = re.compile(
    r"(?:on\s+)?the\s+(?P<date>\d{1,2}|first|last day)(?:st|nd|rd|th)?\s+(?:day\s+)?of\s+(?:every|each)\s+month", re.I
)
_CUE = re.compile(
    r"提醒|叫我|喊我|通知我|记得|别忘|待办|闹钟|\bremind|\bping me|\bnudge me|\balert me|\btell me to\b|\breminder\b", re.I
)
_SAID = re.compile(
    r"每|(?:on\s+)?the\b|(?:at\b.*\s)?(?:every|each|(?:on\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b", re.I
)
_HOUR = re.compile(r"[点时:早晚晨午夜]|[ap]\.?m\b|\bat\b|morning|evening|noon|o'clock", re.I)
_WORDS = {"two": 2, "three": 3, "four": 4, "six": 6, "other": 2}
_NAMED = {"first": 1, "last day": -1}
_PART = {"早": "早上", "晨": "早上", "晚": "晚上"}
_AND = re.compile(r"\s*(?:和|、|,|及|跟|与|还有|以及|\band\b|&)\s*(?:at\s+)?", re.I)
_NEAR = 12  # how far behind the words of repetition the clock may be looked for


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repetition in a text: its rule without the clock, and whether the words named a part of the day."""

    start: int
    end: int
    rule: str
    at: time = DEFAULT


def find_repeats(text: str, now: datetime) -> Iterator[Span]:
    """A `when` span of the first time, with the rule as its detail; only where somebody asks to be reminded.

    Of two hours (早上9点和下午3点) there are two rules, one a line.
    """
    if _CUE.search(text):
        yield from _spans(text, now)


def next_time(text: str, now: datetime) -> tuple[Span, bool] | None:
    """The next time of a repetition said outright (每周一早上9点, every other Friday), and whether an hour was named."""
    found = next((span for span in _spans(text, now) if _SAID.match(span.words)), None)
    return (found, bool(_HOUR.search(found.words))) if found is not None else None


def _spans(text: str, now: datetime) -> Iterator[Span]:
    for found in _read(text):
        clock, start, end = _clock(text, found, now)
        clocks = [clock]
        while (more := _further(text, end, clocks[-1], now)) is not None:
            clocks.append(more[0])
            end = more[1]
        rules = [f"{found.rule};BYHOUR={at.hour};BYMINUTE={at.minute}" for at in clocks]
        firsts = [first for rule in rules if (first := _first(rule, now)) is not None]
        if firsts:
            rule = "\n".join(rules)
            yield Span("when", start, end, min(firsts).isoformat(), text[start:end], detail=f"repeat:{rule}")


def rule_of(text: str, start: int, now: datetime) -> tuple[str, str] | None:
    """The rule of the repetition that begins at `start`, and its words; None when none does."""
    found = next((span for span in find_repeats(text, now) if span.start <= start < span.end), None)
    return (found.detail.removeprefix("repeat:"), found.words) if found is not None else None


def _first(rule: str, now: datetime) -> datetime | None:
    """The first time after now, on the wall clock of `now`."""
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    begin = now.replace(tzinfo=None, second=0, microsecond=0)
    if "BYDAY" in rule:  # every other Friday begins with the next one
        rule = re.sub(r";INTERVAL=\d+", "", rule)
    first: datetime | None = rrulestr(f"RRULE:{rule};BYSECOND=0", dtstart=begin).after(begin)
    return first.replace(tzinfo=now.tzinfo) if first is not None else None


def _read(text: str) -> Iterator[Repeat]:
    if is_chinese(text):
        match = _ZH.search(text)
        if match is not None:
            yield Repeat(match.start(), match.end(), *_zh(match))
        return
    if of_month := _OF_MONTH.search(text):
        day = of_month["date"].lower()
        rule = f"FREQ=MONTHLY{_dates([_NAMED.get(day) or int(day)])}"
        yield Repeat(of_month.start(), of_month.end(), rule)
    elif match := _EN.search(text):
        yield Repeat(match.start(), match.end(), *_en(match))


def _interval(said: str | None) -> str:
    """每两周 is every second week, and so is 每隔一周; 每隔三天 is every third day, as people mean it."""
    if not said:
        return ""
    number = small(said.removeprefix("隔")) or 1
    number = max(number, 2) if said.startswith("隔") else number
    return f";INTERVAL={number}" if number > 1 else ""


def _dates(days: list[int]) -> str:
    """Days of the month; one that is missing in short months falls on their last."""
    if days == [-1]:
        return ";BYMONTHDAY=-1"
    if len(days) == 1 and days[0] > 28:
        return f";BYMONTHDAY={','.join(map(str, range(28, days[0] + 1)))};BYSETPOS=-1"
    return f";BYMONTHDAY={','.join(map(str, days))}"


def _zh(match: re.Match[str]) -> tuple[str, time]:
    words = match[0]
    if match["from"]:
        first, last = _ZH_DAYS[match["from"]], _ZH_DAYS[match["until"]]
        span = [_DAYS[(first + i) % 7] for i in range((last - first) % 7 + 1)]
        return f"FREQ=WEEKLY;BYDAY={','.join(span)}", DEFAULT
    if match["work"]:
        return "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", DEFAULT
    if match["part"]:
        return "FREQ=DAILY", time(20) if match["part"] == "晚" else DEFAULT
    if "季" in words:
        return "FREQ=MONTHLY;INTERVAL=3", DEFAULT
    if "年" in words:
        month, day = small(match["month"] or ""), small(match["mday"] or "")
        return (f"FREQ=YEARLY;BYMONTH={month}{_dates([day])}" if month and day else "FREQ=YEARLY"), DEFAULT
    if "月" in words:
        return f"FREQ=MONTHLY{_interval(match['nm'])}{_zh_dates(match['dates'])}", DEFAULT
    if re.search("周|星期|礼拜", words):
        named = re.findall(r"[一二三四五六日天末1-7](?!期)", re.sub(r"周|星期|礼拜", " ", match["days"] or ""))
        days = ",".join(_DAYS[i] for i in sorted({_ZH_DAYS[d] for d in named}))
        return f"FREQ=WEEKLY{_interval(match['nw'])}" + (f";BYDAY={days}" if days else ""), DEFAULT
    return f"FREQ=DAILY{_interval(match['nd'])}", DEFAULT


def _zh_dates(said: str | None) -> str:
    if not said:
        return ""
    if re.search("最后|月底|月末", said):
        return ";BYMONTHDAY=-1"
    return _dates([n for n in (small(d) for d in re.findall(_N, said)) if n and n <= 31])


def _en(match: re.Match[str]) -> tuple[str, time]:
    named = match["days"] or match["plural"] or match["wday"]
    if named:
        listed = sorted({_EN_DAYS[d[:3].lower()] for d in re.findall(_DAY_EN, named, re.I)})
        every = ";INTERVAL=2" if match["other"] else _times(match["n"])
        return f"FREQ=WEEKLY{every};BYDAY={','.join(_DAYS[i] for i in listed)}", DEFAULT
    if match["work"] or match[0].lower().startswith("weekdays"):
        return "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", DEFAULT
    if match["part"]:
        return "FREQ=DAILY", time(20) if match["part"].lower() == "evening" else DEFAULT
    unit = (match["unit"] or "").lower()
    if match["daily"] or unit == "day":
        return f"FREQ=DAILY{_times(match['n'])}", DEFAULT
    if match["weekly"] or unit == "week":
        return f"FREQ=WEEKLY{_times(match['n'])}", DEFAULT
    if unit == "quarter":
        return "FREQ=MONTHLY;INTERVAL=3", DEFAULT
    on = ";BYMONTHDAY=-1" if match["last"] else _dates([int(match["date"])]) if match["date"] else ""
    if unit == "year":
        month = (match["mon"] or "").lower()
        return f"FREQ=YEARLY{f';BYMONTH={_MONTHS.index(month) + 1}' if month in _MONTHS else ''}{on}", DEFAULT
    return f"FREQ=MONTHLY{_times(match['n'])}{on}", DEFAULT


def _times(said: str | None) -> str:
    number = _WORDS.get((said or "").lower(), int(said) if said and said.isdigit() else 1)
    return f";INTERVAL={number}" if number > 1 else ""


def _clock(text: str, found: Repeat, now: datetime) -> tuple[time, int, int]:
    """The clock said right behind the repetition, or in English before it; nine o'clock when there is none."""
    from .timex import find_times

    joint = re.match(r"[的\s,]*(?:at\s+)?", text[found.end :])
    begin = found.end + (joint.end() if joint else 0)
    lead = f"明天{_PART.get(text[found.end - 1], '')}" if is_chinese(text) else "tomorrow at "
    for span in find_times(lead + text[begin : begin + _NEAR], now):
        at = _instant(span.value)
        if span.start == 0 and span.end > len(lead) and at is not None:
            return at, found.start, begin + span.end - len(lead)
    before = re.search(r"\bat\s+[\d:.]+\s*(?:[ap]m|o'clock)?\s+$", text[: found.start], re.I)
    if before is not None:
        for span in find_times("tomorrow " + before[0].strip(), now):
            if (at := _instant(span.value)) is not None:
                return at, before.start(), found.end
    return found.at, found.start, found.end


def _further(text: str, end: int, before: time, now: datetime) -> tuple[time, int] | None:
    """One more clock behind the last one, and where it ends: 和下午3点, and 3pm. 下午2点和4点 is 14 and 16."""
    joint = _AND.match(text, end)
    if joint is None:
        return None
    lead = "明天" if is_chinese(text) else "tomorrow at "
    from .timex import find_times

    for span in find_times(lead + text[joint.end() : joint.end() + _NEAR], now):
        at = _instant(span.value)
        if span.start == 0 and span.end > len(lead) and at is not None:
            later = at if at > before or at.hour >= 12 else at.replace(hour=at.hour + 12)
            return later, joint.end() + span.end - len(lead)
    return None


def _instant(value: object) -> time | None:
    said = value.get("start") if isinstance(value, dict) else value
    return datetime.fromisoformat(said).time() if isinstance(said, str) and "T" in said else None
