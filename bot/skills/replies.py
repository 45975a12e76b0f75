"""Texts a customer may be sent: the house's own, what the documents say, and, with a model, words made of both.

Whatever a text says in figures stands in the record or a document; a sentence that says more is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cards.suggestions import Suggestion
from bot.conversation.talk import Talk
from bot.ports import Source
from bot.skills.known import Facts, facts_of
from crm_core.outreach.messages import ReplyTexts, ReplyTextsView

_PLACE = re.compile(r"\{(\w+)\}")
_QUOTED = 110  # characters of a note that fit a chat message
_SHORT, _LONG = 6, 400
# What only the record may promise, and what is no business of a suggestion.
PROMISE = re.compile(
    r"免费|赠送|送您|半价|保证|包过|最低价|全网|https?:|www\.|\bfree\b|guarantee|complimentary|lowest price|for nothing",
    re.I,
)
# 哪一点, 便宜一点: no hour of the day, unless it stands after one of its parts.
_IDIOM = re.compile(r"(?<![午晨上夜早晚天])一点(?![半钟整])")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·]|\d{1,2}\s*[.、)）:：])\s*")
_COMMON = frozenset({"name", "rep", "dealer"})


@dataclass(frozen=True)
class Replies:
    """What was found, best first; `advice` is for the colleague's own eyes."""

    view: ReplyTextsView
    found: tuple[Suggestion, ...]
    advice: tuple[str, Source] | None = None


def replies(talk: Talk, customer_id: str, said: str = "", kind: str = "") -> Replies:
    """For a customer, or for nobody in particular. Nothing may have been said or done in this turn yet."""
    language = "" if customer_id else _language_of(said) or talk.voice.lang
    view: ReplyTextsView = talk.ask(ReplyTexts(customer_id=customer_id, said=said, kind=kind, language=language))
    facts = facts_of(talk, customer_id, view.language)
    noted = _from_notes(talk, view)
    written = _written(talk, view, facts, noted)
    texts = _filled(view, facts)
    found = dict.fromkeys((*written, *texts[:1], *noted, *texts[1:]))
    return Replies(view, tuple(found), _advice(talk, view))


def _language_of(said: str) -> str:
    if not said:
        return ""
    return "zh" if re.search(r"[\u4e00-\u9fff]", said) else "en"


def _filled(view: ReplyTextsView, facts: Facts) -> list[Suggestion]:
    """The texts whose values are all known, those that say most about him first."""
    found = []
    for text in view.texts:
        names = _PLACE.findall(text)
        if all(name in facts for name in names):
            sources = dict.fromkeys(source for name in names if (source := facts[name].source) is not None)
            filled = _PLACE.sub(lambda match: facts[match[1]].value, text)
            found.append((-len(set(names) - _COMMON), Suggestion(filled, tuple(sources))))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _from_notes(talk: Talk, view: ReplyTextsView) -> list[Suggestion]:
    """What a note says that any customer may read, in its own words."""
    for question in dict.fromkeys(filter(None, (view.said if view.heard else "", view.asks))):
        found = talk.brain.knowledge(question, talk.actor, outward=True)
        text = _beginning(found.text) if found.state == "answer" else ""
        if text and _language_of(text) == view.language:
            said = talk.voice.texts.say("suggest_reply.from_note", view.language, text=text)
            return [Suggestion(said, tuple(Source(*one) for one in found.sources[:1]))]
    return []


def _beginning(text: str) -> str:
    """As many whole sentences as fit; none when not even the first does."""
    from retrieval.text import sentences

    kept = ""
    for sentence in sentences(" ".join(text.split("\n"))):
        if len(kept) + len(sentence) > _QUOTED:
            break
        kept = f"{kept} {sentence}".strip() if sentence.isascii() else kept + sentence
    return kept


def _advice(talk: Talk, view: ReplyTextsView) -> tuple[str, Source] | None:
    """What the house teaches its own people about it."""
    if not view.heard:
        return None
    question = talk.voice.say("suggest_reply.advice_question", topic=view.title)
    found = talk.brain.knowledge(question, talk.actor)
    if found.state != "answer" or not found.sources:
        return None
    outward = talk.brain.knowledge(question, talk.actor, outward=True)
    if found.sources[0] in outward.sources:
        return None
    text = _beginning(found.text)
    return (text, Source(*found.sources[0])) if text else None


# With a model


def _written(talk: Talk, view: ReplyTextsView, facts: Facts, noted: Sequence[Suggestion]) -> list[Suggestion]:
    """What a model makes of the record and the notes, as far as these bear it out; empty without a model."""
    if talk.thinking is None:
        return []
    evidence = [*(fact.value for fact in facts.values()), *(one.text for one in noted)]
    told = [f"{name}: {fact.value}" for name, fact in facts.items()] + [one.text for one in noted]
    asked = talk.voice.texts.say("suggest_reply.instructions", view.language, topic=view.title)
    text = talk.thinking.write(talk, asked, facts=told, quoted=[view.said] if view.said else [])
    lines = [] if text is None else [_LIST_MARK.sub("", line).strip() for line in text.splitlines()]
    kept = [said for line in lines if (said := borne_out(line, evidence))][:3]
    return [Suggestion(said, tuple(_sources(said, facts, noted))) for said in kept]


def borne_out(text: str, evidence: Sequence[str]) -> str:
    """The sentences whose figures all stand in the evidence and that promise nothing more; "" when little is left."""
    from retrieval.support import supported
    from retrieval.text import sentences

    told = " ".join(evidence)
    kept = [one for one in sentences(text) if supported(_IDIOM.sub("", one), evidence)
            and all(word in told for word in PROMISE.findall(one))]  # fmt: skip
    said = (" " if text.isascii() else "").join(kept).strip()
    return said if _SHORT <= len(said) <= _LONG else ""


def _sources(said: str, facts: Facts, noted: Sequence[Suggestion]) -> Iterable[Source]:
    """Of the values it names, and of the notes whose figures or words it took over."""
    from retrieval.support import figures

    named = [fact.source for fact in facts.values() if fact.source is not None and fact.value in said]
    used = [source for one in noted if figures(said) & figures(one.text) for source in one.sources]
    return dict.fromkeys([*named, *used])
