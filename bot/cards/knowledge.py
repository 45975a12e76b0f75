"""Cards for answers from documents and records: the passages and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.base import joined
from bot.conversation.brain import Found
from bot.ports import Button, Card, Field, Source
from bot.texts import Voice
from crm_core.solved.messages import SolvedCaseView


def answer_card(voice: Voice, text: str, sources: Sequence[tuple[str, str]], *, title: str = "",
                buttons: tuple[Button, ...] = ()) -> Card:  # fmt: skip
    """An answer with its citations: (title, section or reference)."""
    return Card("answer", title or voice.say("card.knowledge"), note=text,
                sources=tuple(Source(name, detail) for name, detail in sources), buttons=buttons)  # fmt: skip


def found_card(voice: Voice, found: Found, *, title: str = "", buttons: tuple[Button, ...] = ()) -> Card:
    """An answer from documents: each sentence ends with the number of its source; what was wrongly supposed comes first."""
    if not found.said:
        return answer_card(voice, found.text, found.sources, title=title, buttons=buttons)
    lines = [f"{sentence} [{place}]" for sentence, place in found.said]
    if found.premise is not None:
        said, told = found.premise
        lines.insert(0, voice.say("knowledge.premise_told" if told else "knowledge.premise", said=said, told=told))
    numbered = [(f"[{place}] {name}", detail) for place, (name, detail) in enumerate(found.sources, 1)]
    return answer_card(voice, "\n".join(lines), numbered, title=title, buttons=buttons)


def related_card(voice: Voice, question: str, notes: Sequence[tuple[str, str, str]],
                 cases: Sequence[SolvedCaseView], buttons: tuple[Button, ...] = ()) -> Card:  # fmt: skip
    """For whoever answers a customer: what the notes say of it, and how colleagues answered the like. Nothing is sent."""
    told = tuple(Field(f"[{n}] {title}", words) for n, (title, words, _) in enumerate(notes, 1))
    solved = tuple(
        Field(joined(case.question, case.author_name, voice.when(case.at)), case.answer) for case in cases
    )
    places = tuple(Source(f"[{n}] {title}", place) for n, (title, _, place) in enumerate(notes, 1))
    refs = tuple(Source(voice.say("knowledge.solved"), case.ref) for case in cases)
    return Card("related", voice.say("knowledge.related"), (*told, *solved), buttons, note=voice.say("knowledge.not_sent"),
                sources=(*places, *refs))  # fmt: skip
