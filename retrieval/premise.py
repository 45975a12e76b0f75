"""Does a question take something for granted that the evidence has otherwise?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.figures import Figure, measured, read_figures
from retrieval.text import language

# Somebody wants to hear yes: what he says may be wrong.
_CONFIRMS = re.compile(
    r"听说|据说|是不是|是否|对吧|对吗|对不对|是吧|没错|确认|不是.{0,12}吗|不是说|应该是|难道|真的|有人说|说是|都说|承诺|答应|保证"
    r"|\b(?:confirm|is it true|i heard|was told|they say|promised|really|just say|isn't|aren't|doesn't)\b"
    r"|\b(?:right|correct)\?",
    re.I,
)
# An open question claims nothing: 10 年的车要注意什么.
_OPEN = re.compile(
    r"什么|啥|怎么|如何|多少|几|哪|多久|多长|为何|为什么|谁|咋|\b(?:what|how|when|which|where|why|who)\b",
    re.I,
)
# What is told of the asker's own car is no claim about the rule: 我开了 8 万公里要换吗, 10 年的车还能上牌吗.
_OWN_BEFORE = re.compile(
    r"(?:开了|跑了|跑到|行驶了|用了|买了|开到|已经|才开|刚开|现在|车龄|放了|停了|欠|还剩|i have driven|i've driven"
    r"|i drove|has done|have done|my car has|my car is|old)[^,，。;；]{0,6}$",
    re.I,
)
_OWN_AFTER = re.compile(
    r"\s*(?:了|的车|的时候|时|后|要不要|要换|要做|该|用不用|能不能|能换|需要|还在|还能|old|on the clock)",
    re.I,
)


_ASKS = {
    "zh": {"month": "多久", "day": "多久", "workday": "多久", "minute": "多久", "money": "多少钱", "km": "多少公里"},
    "en": {"month": "how long", "day": "how long", "workday": "how long", "minute": "how long", "money": "how much",
           "km": "how many km"},
}  # fmt: skip
_FRAME = re.compile(
    r"听说|据说|是不是|是否|对吧|对吗|对不对|是吧|没错吧|没错|请?确认一?下?:?|难道|真的吗?|有人说|都说|你们说过?|吧|吗"
    r"|\b(?:i heard that|i heard|i was told that|i was told|is it true that|is it true|please confirm:?|is that)\b"
    r"|\b(?:right|correct|really)\b(?=\W*$)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Premise:
    """A figure the question takes for granted, and what the evidence has instead ("" when several, or none)."""

    said: str
    told: str = ""


def false_premise(question: str, sentences: Sequence[str], evidence: Sequence[str]) -> Premise | None:
    """The first figure of a question for confirmation that stands nowhere in `evidence`; of two, the one it contradicts.

    A figure is contradicted where the answer's sentences have another of its kind.
    """
    if _OPEN.search(question) and not _CONFIRMS.search(question):
        return None
    known = {figure.key for text in evidence for figure in read_figures(text)}
    open_ = [one for one in measured(question) if one.key not in known and not _of_his_own(question, one)]
    if not open_:
        return None
    told = {one.key: _of_kind(one.kind, sentences) for one in open_}
    worst = next((one for one in open_ if told[one.key]), open_[0])
    same = told[worst.key]
    return Premise(_as_said(question, worst), same[0] if len(same) == 1 else "")


def opened(question: str) -> str:
    """The open question behind one for confirmation: 质保是10年对吧 → 质保是多久; anything else as it is.

    What is supposed wrongly stands in no note, so that it would lead the search astray.
    """
    if _OPEN.search(question) and not _CONFIRMS.search(question):
        return question
    lang, plain = language(question), unicodedata.normalize("NFKC", question)
    claimed = [
        one for one in measured(question) if not _of_his_own(question, one) and one.words in plain.lower()
    ]
    if not claimed:
        return question
    for figure in claimed:
        found = re.search(re.escape(figure.words), plain, re.I)
        if found:
            plain = f"{plain[: found.start()]} {_ASKS[lang].get(figure.kind, '')} {plain[found.end() :]}"
    return " ".join(_FRAME.sub(" ", plain).split()).strip(" ,，。?？")


def _of_his_own(question: str, figure: Figure) -> bool:
    """Whether it tells of the asker's own car; never where he asks for a confirmation."""
    low = question.lower()
    at = low.find(figure.words)
    if at < 0 or _CONFIRMS.search(question):
        return False
    return bool(_OWN_BEFORE.search(low[:at]) or _OWN_AFTER.match(low, at + len(figure.words)))


def _of_kind(kind: str, sentences: Sequence[str]) -> list[str]:
    """What the answer's sentences say of this kind, in their words."""
    return list(
        dict.fromkeys(figure.words for text in sentences for figure in measured(text) if figure.kind == kind)
    )


def _as_said(question: str, figure: Figure) -> str:
    """The asker's own spelling where it is found again: 十年, else our reading of it."""
    if figure.words in question.lower():
        at = question.lower().index(figure.words)
        return question[at : at + len(figure.words)]
    return figure.words
