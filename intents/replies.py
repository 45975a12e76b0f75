"""Messages that only answer: yes, no, stop, the value that was asked for, a correction of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from .corrections import Correction, read_correction
from .data import lists
from .entities.money import bare_amount
from .extract import extract
from .grammar import values
from .normalize import is_chinese, normalise
from .schema import IntentSpec, load_schema
from .types import Command, Context, Lexicon, Slot, Span

_PUNCTUATION = re.compile(r"[\s,.;:!?、~\-'\"()]+")
_KIND = {"person_to": "person", "person_from": "person", "other": "person", "period": "when"}
# What a slot may be called by the name of another: 改金额 of a discount given as a percentage.
_ALIKE = {"money": ("percent",), "percent": ("money",), "when": ("period",), "person": ("person_to",)}
_CHAIN_MOST = 40
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
    chained = _chained(plain, language)
    return Command(chained) if chained else None


def _chained(plain: str, language: str) -> str | None:
    """The one thing that several such words in a row say: 对,没错,就是这个; yep go ahead."""
    words = " ".join(re.sub(r"[\s,.;:!?。、~\"()]+", " ", plain.lower()).split())
    classes, word = _chain(language)
    if len(words) > _CHAIN_MOST or not re.fullmatch(rf"(?:{word.pattern}\s?)+", words):
        return None
    said = {classes[hit[0]] for hit in word.finditer(words) if hit[0] in classes}
    if said == {"refuse", "cancel"}:
        return "cancel"
    return said.pop() if len(said) == 1 else None


@cache
def _chain(language: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """What each reply word says, and one such word or one that only frames it."""
    table, raw = _table(language), lists(language, "replies")
    classes = {word: name for name in ("greet", "cancel", "refuse", "confirm") for word in table[name]}
    frame = map(str, (*raw["strip"], *raw["strip_head"], *raw["around"]))
    edge = r"\b" if language == "en" else ""
    words = sorted({*classes, *frame}, key=len, reverse=True)
    return classes, re.compile(f"{edge}(?:{'|'.join(map(re.escape, words))}){edge}")


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
    asked = context.asked_slot or ""
    said = read_correction(text)
    if said is not None and (asked not in _FREE or said.old or said.slot):
        known = {asked: ""} if asked else {}
        if slot := _corrected(text, said, spec, known, now, lexicon):
            return Command(spec.name, dict([slot]))
    for name in [asked] if asked else [name for name in spec.slots if name not in _FREE]:
        if slot_value := _value(name, text, now, lexicon, asked=name == asked):
            return Command(spec.name, {name: slot_value})
    return None


def corrected(
    text: str, intent: str, known: Mapping[str, str], now: datetime, lexicon: Lexicon | None = None
) -> Command | None:
    """The slot of a command said before that `text` puts right; `known` are that command's slots in their words.

    None when `text` is no correction, or holds no value of any of its slots.
    """
    spec, said = load_schema().get(intent), read_correction(text)
    if spec is None or said is None:
        return None
    slot = _corrected(text, said, spec, known, now, lexicon)
    return Command(spec.name, dict([slot])) if slot else None


def _corrected(
    text: str, said: Correction, spec: IntentSpec, known: Mapping[str, str], now: datetime, lexicon: Lexicon | None
) -> tuple[str, Slot] | None:  # fmt: skip
    """By what it was called, by the words it replaces, else the first slot whose kind the new value is of."""
    source = text[said.start : said.end]
    old = said.old.lower()
    replaced = [name for name, words in known.items() if old and words and (old in words.lower() or words.lower() in old)]
    for name in replaced:
        if name in _FREE:
            whole = re.sub(re.escape(said.old), lambda _: source, known[name], flags=re.I)
            return name, Slot(whole, source, said.start, said.end)
    named = [name for name in (said.slot, *_ALIKE.get(said.slot, ())) if name in spec.slots]
    others = [name for name in (*replaced, *known, *spec.slots) if name in spec.slots and name not in _FREE]
    if any(span.detail == "pronoun" for span in extract(source, now, lexicon)):
        return None  # 不是他 says who it is not, and names nobody
    for name in named or dict.fromkeys(others):
        loose = name == said.slot and said.marked
        if slot := _value(name, source, now, lexicon, asked=loose):
            return name, Slot(slot.value, slot.words, slot.start + said.start, slot.end + said.start)
    return None


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
