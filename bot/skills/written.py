"""An answer in a model's words, held sentence by sentence against the evidence it cites. Optional: without a model, or
when nothing of its text holds, the evidence speaks for itself."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.conversation.brain import Found
from bot.conversation.talk import Talk
from bot.skills.replies import PROMISE

_MARK = re.compile(r"(?<!\s)\s*[\[【](\d{1,2})[\]】]\s*")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.、)）])\s*")
_SENTENCES = 6
# How much of a sentence's words must stand in its evidence, where both are in one language.
_SHARED = 0.4


def in_words(talk: Talk, question: str, found: Found) -> Found:
    """`found` as a model words it, or as it was. The turn may be put off here: call it before anything is said or done."""
    if talk.thinking is None or found.state != "answer" or not talk.thinking.helps(talk.actor):
        return found
    if talk.is_staff and talk.brain.knowledge(question, talk.actor, outward=True).evidence != found.evidence:
        return found  # papers of the house stay in the house
    facts = [f"[{n}] {' '.join(text.split())}" for n, text in enumerate(found.evidence, 1)]
    asked = talk.voice.say("knowledge.instructions")
    text = talk.thinking.write(talk, asked, facts=facts, quoted=[question])
    said = borne_out(text or "", found.evidence)
    return _only_cited(replace(found, said=said, text="\n".join(one for one, _ in said))) if said else found


def borne_out(text: str, evidence: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """The sentences that cite a source which has all their figures and most of their words, with that source's place."""
    kept = [(sentence, place) for sentence, place in _cited(text)
            if 1 <= place <= len(evidence) and _holds(sentence, evidence[place - 1])]  # fmt: skip
    return tuple(dict.fromkeys(kept))[:_SENTENCES]


def _cited(text: str) -> list[tuple[str, int]]:
    """Sentences with the mark that follows them; what has no mark is left out."""
    found = []
    for line in text.splitlines():
        parts = _MARK.split(_LIST_MARK.sub("", line))
        pairs = zip(parts[::2], parts[1::2], strict=False)
        found += [(words.strip().lstrip("。.；;, "), int(mark)) for words, mark in pairs]
    return [(words, mark) for words, mark in found if words]


def _holds(sentence: str, evidence: str) -> bool:
    from retrieval.support import supported
    from retrieval.text import language, tokens

    if not supported(sentence, [evidence]) or any(word not in evidence for word in PROMISE.findall(sentence)):
        return False
    if language(sentence) != language(evidence):
        return True
    said = set(tokens(sentence))
    return not said or len(said & set(tokens(evidence))) >= _SHARED * len(said)


def _only_cited(found: Found) -> Found:
    """Without the sources nothing cites, counted anew."""
    used = sorted({place for _, place in found.said})
    anew = {place: n for n, place in enumerate(used, 1)}
    return replace(found, said=tuple((words, anew[place]) for words, place in found.said),
                   sources=tuple(found.sources[place - 1] for place in used),
                   evidence=tuple(found.evidence[place - 1] for place in used))  # fmt: skip
