"""English time words: numbers as people write and spell them, months, weekdays, units, parts of the day, holidays."""

from __future__ import annotations

import re

from .atoms import Length, Part

_ONES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TEENS = {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
          "seventeen": 17, "eighteen": 18, "nineteen": 19}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
             "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
             "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
             "twentieth": 20, "thirtieth": 30}  # fmt: skip
_VAGUE = {"couple": 2, "few": 3, "several": 3, "another": 1, "a": 1, "an": 1, "half": 0.5, "½": 0.5, "quarter": 0.25}


def _any(words: dict[str, int]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_SMALL = rf"(?:{_any(_TENS)}(?:[ -]{_any(_ONES)})?|{_any(_TEENS)}|{_any(_ONES)})"
NUM = rf"(?:\d+(?:\.\d+)?|{_SMALL})"
COUNT = (
    rf"(?:(?:{NUM}|an?)(?:\s?½|\sand\s(?:an?\s)?(?:half|quarter))|{NUM}|(?:an?\s)?half(?:\san?)?|½|"
    r"(?:(?:the|an?)\s)?(?:couple|few)(?:\sof)?|several|another|an?)"
)
HOURS = rf"(?:{'|'.join([*_ONES, 'ten', 'eleven', 'twelve'])})"
MINUTES = rf"(?:(?:oh|o)[ -]{_any(_ONES)}|(?:twenty|thirty|forty|fifty)(?:[ -]{_any(_ONES)})?|{_any(_TEENS)})"
ORD_WORD = rf"(?:(?:twenty|thirty)[ -]{_any(_ORDINALS)}|{_any(_ORDINALS)})"
ORD = rf"(?:(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?|{ORD_WORD}|(?:twenty|thirty)(?:[ -]{_any(_ONES)})?)"
NTH = r"(?:first|second|third|fourth|fifth|last|[1-5](?:st|nd|rd|th))"
YEAR_WORD = (
    rf"(?:two\sthousand(?:(?:\sand)?\s{_SMALL})?|(?:{_any(_TEENS)})\shundred(?:(?:\sand)?\s{_SMALL})?|"
    rf"(?:nineteen|twenty)[ -](?:(?:oh|o)[ -]{_any(_ONES)}|{_any(_TEENS)}|"
    rf"{_any(_TENS)}(?:[ -]{_any(_ONES)})?))"
)
YEAR = rf"(?:(?:19|20)\d\d|'\d\d|{YEAR_WORD})"
MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
          "nov": 11, "dec": 12}  # fmt: skip
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
WD = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday|s)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|"
    r"sun(?:day)?)(?:'?s)?\b\.?"
)
UNITS: dict[str, Length] = {
    "s": Length(seconds=1),
    "m": Length(seconds=60),
    "h": Length(seconds=3600),
    "d": Length(days=1),
    "w": Length(days=7),
    "f": Length(days=14),
    "mo": Length(months=1),
    "q": Length(months=3),
    "y": Length(years=1),
    "de": Length(years=10),
    "c": Length(years=100),
    "e": Length(days=2),
}
UNIT = (
    r"(?:(?:(?:business|working|calendar|week)\s?)?days?|seconds?|secs?|minutes?|mins?|hours?|hrs?|(?<=\d)h|(?<=\d\s)h|nights?|"
    r"weekends?|weeks?|wks?|fortnights?|months?|quarters?(?!\s(?:past|to|after|of)\b)|years?|yrs?|decades?|"
    r"centur(?:y|ies))\b"
)
_PART_HOURS: dict[str, Part] = {
    "morning": Part(8, 12),
    "lunchtime": Part(11, 13, True),
    "lunch": Part(11, 13, True),
    "midday": Part(11, 13, True),
    "afternoon": Part(12, 16, True),
    "arvo": Part(12, 16, True),
    "evening": Part(16, 20, True),
    "night": Part(20, 24, True),
    "nite": Part(20, 24, True),
    "daytime": Part(8, 18),
}
PARTS = rf"(?:(?:early|late)[ -](?:in\sthe\s)?)?(?:{'|'.join(sorted(_PART_HOURS, key=len, reverse=True))})s?\b"
SHIFT = {"last": -1, "previous": -1, "past": -1, "prior": -1, "this": 0, "current": 0, "the": 0, "same": 0, "present": 0,
         "this coming": 0, "coming": 1, "next": 1, "following": 1, "upcoming": 1}  # fmt: skip
# A fixed day, (month, weekday, which one), or the name the same day has in Chinese.
HOLIDAYS: dict[str, tuple[int, int] | tuple[int, int, int] | str] = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "xmas day": (12, 25),
    "xmas eve": (12, 24), "xmas": (12, 25), "boxing day": (12, 26), "new year's eve": (12, 31),
    "new years eve": (12, 31), "new year eve": (12, 31), "new year's day": (1, 1), "new years day": (1, 1),
    "new year day": (1, 1), "new year's": (1, 1), "new year": (1, 1), "valentine's day": (2, 14),
    "valentines day": (2, 14), "women's day": (3, 8), "saint patrick's day": (3, 17), "st patrick's day": (3, 17),
    "saint patrick": (3, 17), "april fools' day": (4, 1), "april fools day": (4, 1), "april fools": (4, 1),
    "earth day": (4, 22), "labour day": (5, 1), "may day": (5, 1), "international workers' day": (5, 1),
    "workers' day": (5, 1), "children's day": (6, 1), "juneteenth": (6, 19), "independence day": (7, 4),
    "teachers' day": (9, 10), "teacher's day": (9, 10), "national day": (10, 1), "golden week": (10, 1),
    "halloween": (10, 31), "all saints' day": (11, 1), "veterans day": (11, 11), "singles' day": (11, 11),
    "singles day": (11, 11), "double eleven": (11, 11), "martin luther king day": (1, 0, 3), "mlk day": (1, 0, 3),
    "presidents' day": (2, 0, 3), "presidents day": (2, 0, 3), "president's day": (2, 0, 3), "mother's day": (5, 6, 2),
    "mothers day": (5, 6, 2), "memorial day": (5, 0, -1), "father's day": (6, 6, 3), "fathers day": (6, 6, 3),
    "labor day": (9, 0, 1), "columbus day": (10, 0, 2), "thanksgiving day": (11, 3, 4), "thanksgiving": (11, 3, 4),
    "thanks giving day": (11, 3, 4), "black friday": (11, 4, 4), "cyber monday": (11, 0, 4),
    "chinese new year's eve": "除夕", "chinese new year": "春节", "lunar new year": "春节", "spring festival": "春节",
    "cny": "春节", "lantern festival": "元宵节", "qingming festival": "清明", "qingming": "清明",
    "tomb sweeping day": "清明", "dragon boat festival": "端午节", "dragon boat": "端午节",
    "mid-autumn festival": "中秋节", "mid autumn festival": "中秋节", "mid-autumn": "中秋节",
    "double ninth festival": "重阳节",
}  # fmt: skip


def count(words: str) -> float | None:
    """3, 2.5, twenty four, a couple of, two and a half, half an; None for what is no number."""
    said = re.sub(r"[\s-]+", " ", words.lower()).strip()
    whole, _, rest = said.partition(" and ")
    if rest and rest.split()[-1] in ("half", "quarter"):
        return (count(whole) or 0) + _VAGUE[rest.split()[-1]]
    if re.fullmatch(r"\d+(?:\.\d+)?", said):
        return float(said)
    total: float = 0
    named = False
    for word in said.replace("½", " ½").split():
        value = _TENS.get(word) or _TEENS.get(word) or _ONES.get(word) or _ORDINALS.get(word) or _VAGUE.get(word)
        if word in ("a", "an", "the", "of", "and"):
            continue
        if word == "couple" or word == "few":
            return _VAGUE[word]
        if value is None and not word.isdigit():
            return None
        total, named = total + (float(word) if word.isdigit() else value or 0), True
    return total if named else (1.0 if said in ("a", "an") else None)


def day_number(words: str) -> int:
    """23rd, twenty third, twenty-three as the number of a day."""
    digits = re.match(r"\d+", words)
    return int(digits[0]) if digits else int(count(words) or 0)


def year_number(words: str) -> int:
    """2026, '26, twenty twenty six, two thousand and fifteen."""
    said = re.sub(r"[\s-]+", " ", words.lower()).strip()
    if said.startswith("'"):
        return 2000 + int(said[1:]) if int(said[1:]) < 60 else 1900 + int(said[1:])
    if said.isdigit():
        return int(said)
    if said.startswith("two thousand"):
        return 2000 + int(count(said.removeprefix("two thousand").removeprefix(" and")) or 0)
    century, _, rest = said.partition(" ")
    return int(count(century) or 20) * 100 + int(count(re.sub(r"^(?:oh?|hundred(?: and)?)(?: |$)", "", rest)) or 0)


def unit_length(unit: str) -> Length:
    said = re.sub(r"^(?:business|working|calendar|week)\s?(?=day)", "", unit.lower())
    if said.startswith("weekend"):
        return UNITS["e"]
    key = said[:2] if said[:2] in ("mo", "de") else said[0]
    return Length(days=1) if said.startswith("night") else UNITS[key]


def part_of(words: str) -> Part:
    """The hours of a part of the day; early is its first half and late its second."""
    said = re.sub(r"[\s-]+", " ", words.lower()).strip()
    name = said.split()[-1]
    part = _PART_HOURS.get(name) or _PART_HOURS[name.rstrip("s")]
    middle = (part.start + part.end) // 2
    if said.startswith("early"):
        return Part(part.start, middle, part.pm)
    return Part(middle, part.end, part.pm) if said.startswith("late") else part
