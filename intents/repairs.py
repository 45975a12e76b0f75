"""Taking back within one message: 优惠3000,哦不,5000 · 明天三点,不是,四点 · Saturday, sorry, Sunday: the last counts."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from .data import lists
from .extract import extract
from .fill import CLOCK
from .grammar import values
from .normalize import is_chinese, normalise
from .types import Lexicon, Span

_MOST = 4  # repairs in one message
_AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?\s?[万千wk]?(?![\d:.%]|\s?[号日点月年级折人台辆天时分岁次])", re.I)
_CUT = re.compile(r"[,;.!?。\n]")
# 不是三点是四点提醒我, remind me not at 3 but at 4: the second counts.
_NOT = {"zh": re.compile(r"不是\s?(?:在|给|叫)?"), "en": re.compile(r"\bnot (?:at |on |for |in )?", re.I)}
_BUT = {
    "zh": re.compile(r"[\s,]*(?:而是|是|改成|应该是)(?:在|给|叫)?"),
    "en": re.compile(r",?\s*(?:but|it's) (?:at |on |for |in )?", re.I),
}
_MORE = 2  # letters that a message has besides: else it corrects what was said before


def repaired(text: str, now: datetime, lexicon: Lexicon | None = None) -> str:
    """`text` with each value that its own words take back replaced by the one said after it."""
    for _ in range(_MOST):
        better = _instead_of(_once(text, now, lexicon), now, lexicon)
        if better == text:
            break
        text = better
    return text


def _once(text: str, now: datetime, lexicon: Lexicon | None) -> str:
    plain = normalise(text)
    if len(plain) != len(text):
        return text
    language = "zh" if is_chinese(plain) else "en"
    for cue in _cues(language).finditer(plain):
        spans = [*extract(text, now, lexicon), *_named(plain, language)]
        firm = (s for s in spans if s.start == cue.end() and not s.weak and s.detail != "pronoun")
        said = next(firm, None) or _amount(plain, cue.end())
        if said is None:
            continue
        clause = max((m.end() for m in _CUT.finditer(plain, 0, cue.start())), default=0)
        before = [s for s in spans if s.kind == said.kind and clause <= s.start and s.end <= cue.start()]
        if before:
            old = max(before, key=lambda span: span.end)
            return text[: old.start] + _instead(old, said) + text[old.end : cue.start()] + text[said.end :]
    return text


def _instead_of(text: str, now: datetime, lexicon: Lexicon | None) -> str:
    plain = normalise(text)
    language = "zh" if is_chinese(plain) else "en"
    for cue in _NOT[language].finditer(plain) if len(plain) == len(text) else ():
        spans = extract(text, now, lexicon)
        old = next((s for s in spans if s.start == cue.end()), None)
        but = old and _BUT[language].match(plain, old.end)
        new = but and next((s for s in spans if s.start == but.end() and old and s.kind == old.kind), None)
        if old and new and sum(map(str.isalnum, text[: cue.start()] + text[new.end :])) >= _MORE:
            return text[: cue.start()] + _instead(old, new) + text[new.end :]
    return text


def _instead(old: Span, new: Span) -> str:
    """The new words; a clock alone keeps the day said before, a day alone its clock."""
    if old.kind == "when" and (clock := CLOCK.search(old.words)):
        if CLOCK.match(new.words):
            return old.words[: clock.start()] + new.words
        if isinstance(new.value, str) and len(new.value) == len("2026-11-21"):
            return new.words + old.words[clock.start() :]
    return new.words


def _amount(plain: str, start: int) -> Span | None:
    """A bare number right after the cue: money, if money is what was taken back."""
    match = _AMOUNT.match(plain, start)
    return Span("money", start, match.end(), match[0], match[0]) if match else None


def _named(plain: str, language: str) -> list[Span]:
    """Stages and levels, which are words of sentences and no spans elsewhere."""
    return [
        Span(kind, match.start(), match.end(), match[0], match[0])
        for kind, pattern in _kinds(language).items()
        for match in pattern.finditer(plain)
    ]


@cache
def _kinds(language: str) -> dict[str, re.Pattern[str]]:
    kinds = {}
    for name in ("stage", "level"):
        words = sorted(values(language)[name], key=len, reverse=True)
        edge = r"\b" if language == "en" else ""
        kinds[name] = re.compile(f"{edge}(?:{'|'.join(map(re.escape, words))}){edge}", re.I)
    return kinds


@cache
def _cues(language: str) -> re.Pattern[str]:
    data = lists(language, "repairs")
    wrong, instead = "|".join(data["wrong"]), "|".join(data["instead"])
    return re.compile(rf"(?<![\s,.;!。…~-])[\s,.;!。…~-]+(?:{wrong})[\s,.;!:。…~-]*(?:(?:{instead})[\s:]*)?", re.I)
