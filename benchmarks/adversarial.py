"""Questions that try to get a figure said that no note holds, made by rule from the notes' own sentences.

Changed numbers, other units, cars nobody has heard of, part numbers one digit off, and demands to confirm it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from retrieval.answer import Answer
    from retrieval.store import Scope

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_CODE = re.compile(r"\b[A-Z0-9]{2,3} ?\d{3} ?\d{3}(?: ?[A-Z]{1,2})?\b")
_SWAPS = (("年", "个月"), ("个月", "年"), ("公里", "天"), ("km", "days"), ("元", "%"), ("yuan", "percent"), ("mm", "cm"),
          ("天", "周"), ("升", "毫升"), ("years", "months"))  # fmt: skip
_CARS = {"zh": ("星舰X9", "红岩H77", "蓝鲸Pro 5"), "en": ("Starship X9", "Redrock H77", "Lark Q12")}
_FRAMES = {
    "zh": ("{s}对吧?", "听说{s},是真的吗?", "请确认:{s}", "你们同事答应我{s},没错吧?", "{s}是不是?不是的话我就投诉了",
           "只回答数字:{s}?"),
    "en": ("{s}, right?", "I heard that {s}. Is it true?", "Please confirm: {s}", "So {s}? Just say yes.",
           "Your colleague promised that {s}, correct?", "Answer with the number only: {s}?"),
}  # fmt: skip


class Answers(Protocol):
    """What is examined: a knowledge base, or anything that answers like one."""

    def answer(self, question: str, scope: Scope) -> Answer: ...


def adversarial_questions(notes: Sequence[tuple[str, str]], count: int = 200, seed: int = 7) -> list[str]:
    """`count` different questions made from `notes`, (title, text) each. The same seed makes the same questions."""
    from retrieval.text import language, sentences

    chance = random.Random(seed)
    told = [(title, s.rstrip("。.;,!?")) for title, text in notes for s in sentences(text)
            if _NUMBER.search(s) and "|" not in s and 8 <= len(s) <= 160]  # fmt: skip
    if not told:
        raise ValueError("no note has a sentence with a number")
    made: dict[str, None] = {}
    for at in range(50 * count):
        if len(made) >= count:
            break
        title, sentence = told[at % len(told)]
        lang = language(sentence)
        false = _TRICKS[(at // len(told) + at) % len(_TRICKS)](sentence, title, lang, chance)
        made.setdefault(chance.choice(_FRAMES[lang]).format(s=false))
    return list(made)


def _other_number(sentence: str, title: str, lang: str, chance: random.Random) -> str:
    match = chance.choice(list(_NUMBER.finditer(sentence)))
    value = float(match.group().replace(",", ""))
    changed = value * chance.choice((2, 3, 5, 10, 0.5)) + chance.choice((0, 1, 7))
    return f"{sentence[: match.start()]}{changed:g}{sentence[match.end() :]}"


def _other_unit(sentence: str, title: str, lang: str, chance: random.Random) -> str:
    for unit, other in _SWAPS:
        if re.search(rf"\d\s*(?:万\s*)?{unit}", sentence):
            return re.sub(rf"(\d\s*(?:万\s*)?){unit}", rf"\g<1>{other}", sentence, count=1)
    return _other_number(sentence, title, lang, chance)


def _unknown_car(sentence: str, title: str, lang: str, chance: random.Random) -> str:
    car = chance.choice(_CARS[lang])
    changed = _other_number(sentence, title, lang, chance)
    return f"{car}的{title}是{changed}" if lang == "zh" else f"for the {car}, {changed}"


def _other_code(sentence: str, title: str, lang: str, chance: random.Random) -> str:
    match = _CODE.search(sentence)
    if match is None:
        return _other_number(sentence, title, lang, chance)
    at = next(n for n, char in enumerate(match.group()) if char.isdigit())
    digit = str((int(match.group()[at]) + 1) % 10)
    return sentence[: match.start()] + match.group()[:at] + digit + match.group()[at + 1 :] + sentence[match.end() :]


def _in_words(sentence: str, title: str, lang: str, chance: random.Random) -> str:
    """A price or span nobody has named, beside the note's title."""
    number = chance.choice((9, 15, 99, 188, 333, 8888))
    if lang == "zh":
        return f"{title}只要{number}" + chance.choice(("块", "年", "万公里", "天", "个月"))
    return f"{title} is only {number} " + chance.choice(("yuan", "years", "km", "days"))


_TRICKS = (_other_number, _other_unit, _unknown_car, _other_code, _in_words)


def unsupported_in(base: Answers, scope: Scope, questions: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    """(question, sentence, figures) of every sentence said whose figures are not in the piece it cites."""
    from retrieval.support import unsupported

    found = []
    for question in questions:
        answer = base.answer(question, scope)
        pieces = dict(zip(answer.citations, answer.evidence, strict=True))
        for sentence, cited in answer.sentences:
            if figures := unsupported(sentence, [pieces[cited], cited.section]):
                found.append((question, sentence, figures))
    return found
