"""Pure decisions about customers: names, birthdays, and who is meant."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from crm_core.kernel.pii import clean_text, mask_phone

HONORIFICS = ("先生", "女士", "小姐", "太太", "总", "姐", "哥", "叔", "阿姨", "老师", "经理", "师傅", "老板", "同学")
MALE, FEMALE = ("先生", "哥", "叔"), ("女士", "小姐", "太太", "姐", "阿姨")
_TITLES = re.compile(r"^(mr|mrs|ms|miss|dr)\.?\s+", re.IGNORECASE)
_BIRTHDAY = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})")
_OUTCOME = re.compile(r"[a-z_]{1,40}")
# Seven digits or more, however they are grouped or written.
_NUMBER = re.compile(r"\d(?:[\s\-.()]{0,2}\d){6,}")
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "夏侯")


class PrivacyPolicy(BaseModel):
    """`privacy.yaml`."""

    model_config = ConfigDict(extra="forbid")
    dedupe_scope: Literal["dealer", "group"] = "dealer"
    greeting_needs: str = "marketing"


POLICIES = [("privacy", PrivacyPolicy)]


@dataclass(frozen=True)
class Spoken:
    """A name as said: with its honorific taken off."""

    name: str
    surname_only: bool
    gender: str


def spoken_name(words: str) -> Spoken:
    """`王总` → surname 王; `张伟先生` → 张伟; `Mr Li` → Li."""
    bare = _TITLES.sub("", words.strip())
    titled = bare != words.strip()
    gender = ""
    for honorific in HONORIFICS:
        if bare.endswith(honorific) and len(bare) > len(honorific):
            bare = bare.removesuffix(honorific)
            gender = "m" if honorific in MALE else "f" if honorific in FEMALE else ""
            titled = True
            break
    if bare[:1] in ("小", "老") and len(bare) == 2:
        bare, titled = bare[1:], True
    alone = bare in _COMPOUND or len(bare) == 1 or (titled and bare.isascii() and " " not in bare)
    return Spoken(bare, titled and alone, gender)


def surname_of(name: str) -> str:
    """The family name: the first character, a compound surname, or the last Latin word's first letters."""
    name = name.strip()
    if name[:2] in _COMPOUND:
        return name[:2]
    if name.isascii():
        return name.split()[-1][:8].lower() if name.split() else ""
    return name[:1]


def plain_name(name: str) -> str:
    """A name as it is kept in clear: without characters nobody sees, its letters of one width, any number masked."""
    shown = "".join(unicodedata.normalize("NFKC", char) if char.isalnum() else char for char in clean_text(name))
    return _NUMBER.sub(lambda found: _masked(found[0]), shown)


def _masked(number: str) -> str:
    return mask_phone("".join(filter(str.isalnum, unicodedata.normalize("NFKC", number))))


@lru_cache(maxsize=65536)
def pinyin_of(name: str) -> tuple[str, str]:
    """The name's pinyin without tones, and its initials; Latin names in lower case."""
    from pypinyin import Style, lazy_pinyin

    unread: Any = _letters
    syllables = lazy_pinyin(name, style=Style.NORMAL, errors=unread)
    joined = "".join(part.strip() for part in syllables)
    return joined[:200], "".join(part[0] for part in syllables if part.strip())[:40]


def split_outcome(outcome: str, text: str) -> tuple[str, str]:
    """A known kind of outcome stays in clear; a sentence given in its place belongs to the sealed text."""
    if not outcome or _OUTCOME.fullmatch(outcome):
        return outcome, text
    return "other", "\n".join(filter(None, (outcome, text)))


def _letters(text: str) -> list[str]:
    """Characters without a reading come as one string; taken apart, each has its initial."""
    return list(text.lower()) if text.strip() else []


def parse_birthday(text: str) -> tuple[int | None, int, int] | None:
    """`MM-DD` or `YYYY-MM-DD` as (year or None, month, day); None when it is no date."""
    found = _BIRTHDAY.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = int(found[1]) if found[1] else None, int(found[2]), int(found[3])
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


class Fit(IntEnum):
    """How a name fits what was said, the best kind last. A phone number or a title leaves nothing to spell."""

    INITIALS = 0
    SLIP = 1
    NEAR = 2
    PART = 3
    SURNAME = 4
    SOUND = 5
    NAME = 6
    PHONE = 7


def match_score(
    fit: Fit, *, gender: tuple[str, str] = ("", ""), mine: bool = False, touched: datetime, now: datetime,
    focus: bool = False, car_fits: bool = False, like: float = 0.0, share: float = 0.0,
) -> float:  # fmt: skip
    """How well a candidate fits what was said; ranks chips, never decides alone.

    The kind of fit counts first (3 apart). Within a kind: the conversation just now, touched today, owner, an open
    deal the sentence is about, the `gender` said and known, then how alike the names are (`like`, 0 to 1) and which
    name most of the candidates have (`share`, 0 to 1).
    """
    days = max((now - touched).total_seconds() / 86400, 0)
    score = 3.0 * fit + 0.7 * like + 0.1 * share
    score += 0.3 if days < 1 else 0.15 if days < 7 else 0.0
    score += 0.6 if focus else 0.0
    score += 0.2 if mine else 0.0
    score += 0.3 if car_fits else 0.0
    said, known = gender
    if said and known:
        score += 0.15 if said == known else -0.3
    return round(score, 3)
