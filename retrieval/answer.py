"""Cited answers made of the evidence's own sentences, in three bands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.calibration import Band
from retrieval.data import load_yaml_once
from retrieval.documents import is_table
from retrieval.documents.hidden import is_instruction
from retrieval.figures import measured
from retrieval.lexicon import lexicon
from retrieval.premise import Premise, false_premise, opened
from retrieval.support import supported
from retrieval.text import Lang, language, sentences
from retrieval.units import rows_in_words, units_of

if TYPE_CHECKING:
    from retrieval.knowledge import Hit
    from retrieval.store import ChunkRow

_WHOLE = 220  # characters of a piece short enough to be said whole
_SENTENCES = 4
_NEAR = 0.6  # a sentence this relevant, beside the best one, is said too
_CLOSE = 0.12  # a hit in the asker's language at most this far below the best one is preferred
_NEXT = 0.05  # and one this close is preferred when it alone has the kind of figure that is asked for
_LIKELY = 0.6  # a score this high is short of an answer only because another note is as near
_SUGGESTIONS = 3
_TIE = 0.02  # sections this close to the best one of the same note are answered together
_NOTE = 600  # characters of such sections that are still said whole
_FITTING = 0.5  # what a sentence gains, of the best one's score, by having the kind of figure asked for
_LEAD = 0.4  # and the first one, which mostly holds the rule that the others narrow
_ASKS_FOR = {
    r"多久|多长|几年|几个月|几天|多少天|期限|how long|how often|period": (
        "month",
        "day",
        "minute",
        "workday",
        "km",
    ),
    r"多少钱|价|费用|收费|贵|(?:工时|人工|手工|安装|检测|拖车|服务)费|how much|price|cost|fee": ("money",),
    r"多少公里|几公里|里程|how far|mileage": ("km",),
    r"胎压|气压|pressure": ("kpa", "psi"),
    r"扭矩|力矩|牛米|牛·米|拧(?:多|到多)|torque": ("newton-metre",),
    r"几升|多少升|容量|how many litres|capacity": ("ml",),
}
# Without one of these figures what asks for it is not answered; that nothing is paid is an answer too.
_MUST_HAVE = {"money", "newton-metre"}
_FREE = re.compile(r"免费|不收|不用[付交]|包含在|报价|折|%|\bfree\b|no charge|included|quote|percent", re.I)

# A service somebody asks about: evidence that never speaks of it answers something else.
_SERVICES = tuple(
    re.compile(words, re.I)
    for words in (
        r"邮寄|寄到|寄[给过来]|快递|发货|包邮|物流|\b(?:ship|shipped|shipping|mail|mailed|courier|deliver(?:y|ed)?)\b",
        r"发票|invoice",
        r"分期|贷款|instal+ment|loan|finance",
        r"退货|退款|refund|return",
        r"代步车|loaner|courtesy car",
    )
)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence stands."""

    doc_id: str
    title: str
    section: str
    source: str
    page: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be said. `sentences` are the evidence's own words; empty unless the band is `answer`.

    `suggestions` are titles to choose from in the band `did_you_mean`. `score` is 0..1. `premise` is what the
    question took for granted and the evidence has otherwise. `evidence` are the whole pieces behind `citations`. A
    citation without page or version has 0 there.
    """

    band: Band
    sentences: tuple[tuple[str, Citation], ...] = ()
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()
    score: float = 0.0
    premise: Premise | None = None
    evidence: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences in a row, a line each."""
        return "\n".join(sentence for sentence, _ in self.sentences)

    @property
    def numbered(self) -> tuple[tuple[str, int], ...]:
        """Each sentence with the place of its citation in `citations`, from 1."""
        return tuple((sentence, self.citations.index(cited) + 1) for sentence, cited in self.sentences)


UNKNOWN = Answer("unknown")


def hits_for(question: str, search: Callable[[str], Sequence[Hit]]) -> Sequence[Hit]:
    """What `search` finds for a question, or for the open one behind it where that is found more surely."""
    hits, openly = search(question), opened(question)
    if openly == question:
        return hits
    other = search(openly)
    return other if other and (not hits or other[0].score > hits[0].score) else hits


def answer_from(question: str, hits: Sequence[Hit], lang: Lang | None = None) -> Answer:
    """An answer from hits that are already within the asker's scope; `lang` is the asker's language."""
    if not hits or outside(question):
        return UNKNOWN
    asked = language(question)
    best = _preferred(hits, lang or asked, question)
    top = hits[0].score
    band = hits[0].band
    if (
        band == "did_you_mean"
        and top >= _LIKELY
        and best is not hits[0]
        and best.row.lang == hits[0].row.lang
    ):
        band = "answer"  # two notes were alike, and one of them alone has the figure that is asked for
    if band == "answer" and (_mistaken(question, best.row) or _other_thing(question, best.row)):
        band = "did_you_mean"
    if band == "unknown":
        return Answer("unknown", score=top)
    if band == "did_you_mean":
        return Answer("did_you_mean", suggestions=_suggestions(hits), score=top)
    rows = _tied(hits, best, question)
    said = _said(opened(question), rows)
    if not said or _lacks_figure(question, rows) or _lacks_service(question, rows):
        return Answer("did_you_mean", suggestions=_suggestions(hits), score=top)
    premise = false_premise(question, [text for text, _ in said], [row.text for row in rows])
    texts: dict[Citation, str] = {}
    for row in rows:
        texts[citation(row)] = "\n".join(filter(None, (texts.get(citation(row)), row.text)))
    cited = tuple(dict.fromkeys(cited for _, cited in said))
    return Answer("answer", said, cited, (), top, premise, tuple(texts[one] for one in cited))


def outside(question: str) -> bool:
    """Whether a question is none of the business: small talk, the world, somebody else's data."""
    low = question.lower()
    words = load_yaml_once("outside.yaml")
    if any(word in low for word in words["always"]):
        return True
    if any(word in low for word in words["personal"]):
        return not any(word in low for word in words["ours"])
    return any(word in low for word in words["topics"]) and not lexicon().concepts(question)


def citation(row: ChunkRow) -> Citation:
    page, version = getattr(row, "page", None), getattr(row, "version", None)
    return Citation(row.document, row.title, row.section, row.source, page or 0, version or 0)


def _tied(hits: Sequence[Hit], best: Hit, question: str) -> list[ChunkRow]:
    """The sections of the best note that answer as well as its best one, or surely, in the note's order.

    A question a note was written for fits all of its sections; saying one of them would hide the rest, such
    as when to stop the car. A little further off, what has the kind of figure asked for belongs to it too.
    """
    wanted = _wanted(question)
    rows = [
        hit.row
        for hit in hits
        if hit.row.document == best.row.document
        and (
            hit.score >= best.score - _TIE
            or hit.band == "answer"
            or (hit.ranked.fused >= best.ranked.fused - _CLOSE and _measures(hit.row.text, wanted))
        )
    ]
    return sorted(_named(rows, question), key=lambda row: row.position)


def _named(rows: list[ChunkRow], question: str) -> list[ChunkRow]:
    """Of several sections those whose heading the question says: what holds of the front axle is not said of the rear."""
    low = question.lower()
    named = [row for row in rows if len(heading := _heading(row).lower()) > 1 and heading in low]
    return named or rows


def _heading(row: ChunkRow) -> str:
    """The innermost heading a piece stands under."""
    return row.section.rpartition("›")[2].strip()


def _said(question: str, rows: Sequence[ChunkRow]) -> tuple[tuple[str, Citation], ...]:
    """Sentences with what they cite; with several sections each begins with its heading."""
    if len(rows) == 1:
        return tuple((sentence, citation(rows[0])) for sentence in extract(question, rows[0].text))
    short = sum(len(row.text) for row in rows) <= _NOTE
    said: list[tuple[str, Citation]] = []
    for row in rows:
        units = [unit for unit in units_of(row.text) if _sayable(unit, row.text)]
        kept = units if short else extract(question, row.text)[:2]
        if is_table(row.text):
            said += [(f"{_heading(row)} · {unit}" if _heading(row) else unit, citation(row)) for unit in kept]
            continue
        joined = "".join(kept) if row.lang == "zh" else " ".join(kept)
        if joined:
            said.append((f"{row.section}：{joined}" if row.section else joined, citation(row)))
    return tuple(said)


def extract(question: str, text: str) -> list[str]:
    """The sentences of `text` that answer `question`, in their order; all of a short text."""
    units = units_of(text)
    if len(text) > _WHOLE and len(units) > 1:
        scores = _relevance(question, units)
        best = max(scores)
        order = sorted(range(len(units)), key=lambda at: -scores[at])[:_SENTENCES]
        units = [units[at] for at in sorted(order) if scores[at] >= _NEAR * best]
    return [unit for unit in units if _sayable(unit, text)]


def _sayable(unit: str, text: str) -> bool:
    """Every figure is in the evidence, and it is not written for a machine."""
    return supported(unit, [text]) and not is_instruction(unit)


def gist(question: str, row: ChunkRow) -> str:
    """The one or two sentences of a piece that say most about a question."""
    joint = "" if row.lang == "zh" else " "
    return joint.join(extract(question, row.text)[:2])


def _relevance(question: str, units: Sequence[str]) -> list[float]:
    """Half words, half meaning; only the fast model, since there may be twenty sentences."""
    from retrieval.knowledge import expanded
    from retrieval.lexical import LexicalIndex
    from retrieval.models import use_vectors

    lang = language(question)
    index = LexicalIndex(units, [language(unit) for unit in units])
    words = index.scores(index.question_tokens(question), lang)
    rows = use_vectors([expanded(question, lang), *units])
    meaning = rows[1:] @ rows[0]
    near = [float(0.5 * word + 0.5 * max(like, 0.0)) for word, like in zip(words, meaning, strict=True)]
    wanted, best = _wanted(question), max(near)
    extra = [_FITTING * _measures(unit, wanted) + _LEAD * (at == 0) for at, unit in enumerate(units)]
    return [one + best * more for one, more in zip(near, extra, strict=True)]


def _wanted(question: str) -> set[str]:
    """What kinds of figures the question asks for: 多久 wants a span, 多少钱 an amount of money."""
    low = question.lower()
    return {kind for said, kinds in _ASKS_FOR.items() if re.search(said, low) for kind in kinds}


def _measures(text: str, wanted: set[str]) -> bool:
    return bool(wanted) and any(figure.kind in wanted for figure in measured(f"{text}\n{rows_in_words(text)}"))


def _lacks_figure(question: str, rows: Sequence[ChunkRow]) -> bool:
    """A price or torque was asked for, and the evidence has none: it answers something else."""
    wanted = _wanted(question) & _MUST_HAVE
    text = "\n".join(row.text for row in rows)
    return bool(wanted) and not _FREE.search(text) and not any(_measures(row.text, wanted) for row in rows)


def _lacks_service(question: str, rows: Sequence[ChunkRow]) -> bool:
    """A service was asked about, such as sending by post, and the evidence says nothing of it."""
    text = "\n".join(face for row in rows for face in (*row.faces, row.text))
    return any(named.search(question) and not named.search(text) for named in _SERVICES)


def _preferred(hits: Sequence[Hit], lang: Lang, question: str) -> Hit:
    """The best hit, or one nearly as good in the asker's language, or with the kind of figure that is asked for."""
    least = hits[0].ranked.fused - _CLOSE
    near = [hit for hit in hits if hit.row.lang == lang and hit.ranked.fused >= least] or [hits[0]]
    wanted = _wanted(question)
    if not wanted or _measures(near[0].row.text, wanted):
        return near[0]
    close = [hit for hit in near if hit.ranked.fused >= near[0].ranked.fused - _NEXT]
    return next((hit for hit in close if _measures(hit.row.text, wanted)), near[0])


def _mistaken(question: str, row: ChunkRow) -> bool:
    """Whether the evidence is about the confusable neighbour of what was asked, and not about that."""
    words = lexicon()
    held = {concept for face in row.faces for concept in words.concepts(face)}
    return any(concept not in held and words.rivals(concept) & held for concept in words.concepts(question))


def _other_thing(question: str, row: ChunkRow) -> bool:
    """Whether a car or part is asked about and the evidence speaks of other cars or parts alone."""
    from retrieval.wording import read_wording

    asked, held = read_wording(question), read_wording("\n".join((*row.faces, row.text)))
    cars = (
        {one.series for one in asked.vehicles if one.series},
        {one.series for one in held.vehicles if one.series},
    )
    parts = (
        {one.category for one in asked.parts if one.category},
        {one.category for one in held.parts if one.category},
    )
    return any(mine and theirs and not mine & theirs for mine, theirs in (cars, parts))


def _suggestions(hits: Sequence[Hit]) -> tuple[str, ...]:
    titles = (hit.row.title or hit.row.section or sentences(hit.row.text)[0] for hit in hits)
    return tuple(dict.fromkeys(titles))[:_SUGGESTIONS]
