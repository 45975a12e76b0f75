"""What of an answered question is kept, and which answers are offered to the knowledge base. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from pydantic import Field

from crm_core.followups.values import Data
from crm_core.kernel.pii import mask_phones, mask_vehicle

SOURCE = "answer:"
_CJK = re.compile(r"[\u4e00-\u9fff]")
_TITLED = re.compile(r"(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z][a-z]+")


class AnswerPolicy(Data):
    """`answers.yaml`: who answers what, and which answers are offered to the knowledge base."""

    topics: dict[str, tuple[str, ...]]
    offer_from: tuple[str, ...]
    least_chars: int = Field(ge=1, le=200)
    cases_shown: int = Field(ge=0, le=5)


POLICIES = [("answers", AnswerPolicy)]


def topic_role(policy: AnswerPolicy, said: str) -> str:
    """The role whose words are in a question, the most of them first; empty when there are none."""
    low = said.casefold()
    scores = {role: sum(len(word) for word in words if _holds(low, word)) for role, words in policy.topics.items()}
    best = max(scores, key=lambda role: scores[role], default="")
    return best if best and scores[best] else ""


def _holds(low: str, word: str) -> bool:
    word = word.casefold()
    return word in low if not word.isascii() else re.search(rf"(?<![a-z0-9]){re.escape(word)}", low) is not None


def masked(text: str, names: Iterable[str], instead: str) -> str:
    """Without the phones, VINs, plates and these names; `instead` stands where a name stood."""
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        text = re.sub(re.escape(name), instead, text, flags=re.I)
    return mask_vehicle(mask_phones(_TITLED.sub(instead, text)))


def called(name: str) -> list[str]:
    """What people call somebody: 王建国 is also 王总, 王先生, 王姐; Daniel Wu is Daniel and Mr Wu."""
    if not name:
        return []
    if not _CJK.search(name):
        return [name, *(part for part in name.split() if len(part) > 2)]
    titles = ("先生", "女士", "小姐", "总", "姐", "哥", "老师", "师傅", "老板", "经理", "阿姨", "叔")
    return [name, *(f"{name[0]}{title}" for title in titles)]


def lang_of(text: str) -> str:
    return "zh" if _CJK.search(text) else "en"


def piece_hash(section: str, text: str) -> str:
    """As the pieces of learnt documents are told apart."""
    return hashlib.sha256(f"{section}\n{text}".encode()).hexdigest()
