"""Messages that only answer: yes, no, stop, the value that was asked for, a correction of it."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from .data import lists
from .entities.money import bare_amount
from .extract import extract
from .grammar import values
from .normalize import is_chinese, normalise
from .schema import load_schema
from .types import Command, Context, Lexicon, Slot, Span

_PUNCTUATION = re.compile(r"[\s,.;:!?、~\-'\"()]+")
_CORRECTION = re.compile(
    r"(?:不是|不要|不对)(?P<old>.{1,20}?)[,\s]*(?:是|而是|应该是|要|改成|改为)(?P<new>.{1,30})$|"
    r"^(?:not|no,? not)\s(?P<old2>.{1,20}?)[,\s]+(?:but|it's|it is|make it)?\s?(?P<new2>.{1,30})$|"
    r"^(?P<new3>.{1,30}?),?\s(?:not|instead of)\s(?P<old3>.{1,20})$",
    re.I,
)
_KIND = {"person_to": "person", "person_from": "person", "other": "person", "period": "when"}
_FREE = ("text", "reason", "outcome", "topic", "metric", "ref")


def word_reply(text: str, role: str) -> Command | None:
    """A bare yes, no, stop or decision, whatever the conversation."""
    plain = normalise(text)
    language = "zh" if is_chinese(plain) else "en"
    words = _bare(plain, language)
    if not words:
        return None
    decides = role in load_schema()["decide_approval"].who
    for decision in ("approve", "reject") if decides else ():
        if words in _table(language)[decision]:
            return Command("decide_approval", {"decision": Slot(decision, text.strip(), 0, len(text))})
    for intent in ("confirm", "refuse", "cancel", "greet"):
        if words in _table(language)[intent]:
            return Command(intent)
    return None


def _bare(plain: str, language: str) -> str:
    words = re.sub(r"[\s,.;:!?、~\"()]+", " ", plain.lower()).strip()
    if language == "zh":
        words = words.replace(" ", "")
    known = _table(language)["all"]
    bare = _without_tails(words, language)
    for head in ("", *sorted(lists(language, "replies")["strip_head"], key=len, reverse=True)):
        front = f"{head} " if head and language == "en" else head
        for form in (words, bare):
            if form.startswith(front) and form.removeprefix(front) in known:
                return form.removeprefix(front)
    return bare


def _without_tails(words: str, language: str) -> str:
    for tail in sorted(lists(language, "replies")["strip"], key=len, reverse=True):
        short = words.removesuffix(tail).strip()
        if short and words not in _table(language)["all"]:
            words = short
    return words


@cache
def _table(language: str) -> dict[str, frozenset[str]]:
    raw = lists(language, "replies")
    latin = lists("en", "replies") if language == "zh" else {}
    table = {
        name: frozenset(_key(w, language) for w in (*raw[name], *latin.get(name, ())))
        for name in ("confirm", "refuse", "cancel", "approve", "reject", "greet")
    }
    return {**table, "all": frozenset().union(*table.values())}


def _key(word: str, language: str) -> str:
    return str(word).lower().replace(" ", "") if language == "zh" else str(word).lower()


def asked_reply(text: str, context: Context, now: datetime, lexicon: Lexicon | None) -> Command | None:
    """The bare value of the slot that was asked for, or a correction of a slot of the asked intent."""
    spec = load_schema().get(context.asked_intent or "")
    if spec is None:
        return None
    source, offset, corrected = _corrected(text)
    wanted = [context.asked_slot] if context.asked_slot else []
    if corrected or not wanted:
        wanted += [name for name in spec.slots if name not in wanted and name not in _FREE]
    for name in wanted:
        if name and (slot := _value(name, source, now, lexicon, asked=name == context.asked_slot)):
            start = slot.start + offset
            return Command(spec.name, {name: Slot(slot.value, slot.words, start, start + len(slot.words))})
    return None


def _corrected(text: str) -> tuple[str, int, bool]:
    match = _CORRECTION.search(normalise(text))
    if not match:
        return text, 0, False
    name = next(n for n in ("new", "new2", "new3") if match[n])
    return text[match.start(name) : match.end(name)], match.start(name), True


def _value(name: str, text: str, now: datetime, lexicon: Lexicon | None, asked: bool) -> Slot | None:
    kind = _KIND.get(name, name)
    if name == "money" and (amount := bare_amount(_unframed(normalise(text)))) is not None:
        return Slot(amount, text.strip(), 0, len(text))
    spans = [s for s in extract(text, now, lexicon) if s.kind == kind]
    if spans and _is_bare(text, spans[0]):
        return Slot.of(spans[0])
    language = "zh" if is_chinese(text) else "en"
    table = {**values("en").get(kind, {}), **values(language).get(kind, {})}
    word = _unframed(normalise(text)).lower()
    if word in table:
        return Slot(table[word], text.strip(), 0, len(text))
    return _loose(name, kind, text) if asked else None


def _loose(name: str, kind: str, text: str) -> Slot | None:
    """What cannot be checked is taken as said: free text, a short unknown name."""
    words = text.strip().strip(",.。!！ ")
    if name in _FREE and words:
        return Slot(words, words, 0, len(text))
    if kind == "person" and re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[A-Za-z]+(?: [A-Za-z]+){0,2}", words):
        return Slot(words, words, 0, len(text))
    return None


def _unframed(plain: str) -> str:
    """The value without what people put around it: 就8000吧, make it 8000."""
    language = "zh" if is_chinese(plain) else "en"
    frames = sorted(map(str, lists(language, "replies")["bare_frame"]), key=len, reverse=True)
    words, before = plain.strip(" ,.!?"), ""
    while words != before:
        before = words
        for frame in frames:
            edge = "" if language == "zh" else " "
            if words.lower().startswith(frame + edge) and len(words) > len(frame):
                words = words[len(frame) :].strip(" ,.!?")
            if words.lower().endswith(edge + frame) and len(words) > len(frame):
                words = words[: -len(frame)].strip(" ,.!?")
    return words


def _is_bare(text: str, span: Span) -> bool:
    rest = normalise(text[: span.start] + " " + text[span.end :])
    language = "zh" if is_chinese(text) else "en"
    for frame in sorted(map(str, lists(language, "replies")["bare_frame"]), key=len, reverse=True):
        rest = re.sub(
            rf"\b{re.escape(frame)}\b" if language == "en" else re.escape(frame), "", rest, flags=re.I
        )
    return len(_PUNCTUATION.sub("", rest)) <= 1
