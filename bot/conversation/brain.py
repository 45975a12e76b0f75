"""What the conversation asks of the word rooms. Everything heavy is imported when it is first needed."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from bot.cards.base import joined
from crm_core.customers.messages import RecordView
from crm_core.fitment.messages import KnownNumbers
from crm_core.kernel.access import Actor
from crm_core.vehicles.messages import SeriesNames, SeriesNamesView
from intents.types import Context, Lexicon, Understanding

if TYPE_CHECKING:
    from crm_core.api import Core
    from retrieval.answer import Answer, Citation
    from retrieval.knowledge import KnowledgeBase
    from retrieval.store import Audience

LEXICON_SECONDS = 300  # new models of the catalogue are heard of after so long at most
RELATED = 3  # notes that are shown beside a customer's question
MANAGERS = ("manager", "admin")
# Kinds of records that are a conversation with the customer.
CONTACTS = ("call", "visit", "chat", "message", "other")


@dataclass(frozen=True)
class Found:
    """An answer from documents or records. `state`: answer, suggest (did you mean) or unknown.

    `sources` are (title, place) of documents, or (id, reference) of records. `said` are the sentences of a document's
    answer with the place of their source, from 1, and `evidence` what stands there, source by source. `premise` is
    what the question took for granted wrongly, and what the evidence has instead ("" when that is several things).
    """

    state: str
    text: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    suggestions: tuple[str, ...] = ()
    said: tuple[tuple[str, int], ...] = ()
    evidence: tuple[str, ...] = ()
    premise: tuple[str, str] | None = None


@dataclass(frozen=True)
class PartWords:
    """What wording says about a part: a category and position of the catalogue."""

    category: str = ""
    position: str = ""


@dataclass(frozen=True)
class CodeSaid:
    """A part, number, VIN or plate as it stands in a message: `kind` part, oe, vin or plate; `value` its key."""

    kind: str
    value: str
    words: str


class Brain(Protocol):
    """Words → meaning, and questions → cited answers."""

    def understand(self, text: str, actor: Actor, now: datetime, context: Context | None = None,
                   role: str | None = None) -> Understanding: ...  # fmt: skip

    def knowledge(self, question: str, actor: Actor, *, outward: bool = False) -> Found: ...

    def related(self, question: str, actor: Actor) -> tuple[tuple[str, str, str], ...]: ...

    def similar(self, question: str, texts: Sequence[str], most: int) -> tuple[int, ...]: ...

    def history(self, question: str, records: Sequence[RecordView], now: datetime) -> Found: ...

    def part(self, words: str) -> PartWords: ...

    def parts_said(self, text: str, actor: Actor, now: datetime) -> tuple[CodeSaid, ...]: ...

    def people(self, text: str, now: datetime) -> tuple[str, ...]: ...


def _found(answer: Answer, lang: str) -> Found:
    """An answer from documents; the sections of one note are one source."""
    groups: dict[tuple[str, str], list[int]] = {}
    for at, cited in enumerate(answer.citations):
        groups.setdefault((cited.title, cited.source), []).append(at)
    place = {at: n for n, held in enumerate(groups.values(), 1) for at in held}
    sources = tuple((title, _place_in([answer.citations[at] for at in held], lang)) for (title, _), held in groups.items())
    premise = (answer.premise.said, answer.premise.told) if answer.premise else None
    return Found(
        _STATES[answer.band], answer.text, sources, answer.suggestions,
        tuple((sentence, place[n - 1]) for sentence, n in answer.numbered),
        tuple("\n".join(answer.evidence[at] for at in held) for held in groups.values()), premise,
    )  # fmt: skip


def _place_in(cited: Sequence[Citation], lang: str) -> str:
    """`更换周期 · 第3页 · 第2版 · manual.pdf`: the section when it is only one, the pages, the version, the file."""
    first = cited[0]
    pages = ",".join(str(page) for page in sorted({one.page for one in cited if one.page}))
    section = first.section if len(cited) == 1 else ""
    english = lang == "en"
    page = (f"p. {pages}" if english else f"第{pages}页") if pages else ""
    version = (f"version {first.version}" if english else f"第{first.version}版") if first.version > 1 else ""
    return joined(section, page, version, _origin(first.source))


def role_of(actor: Actor) -> str:
    """The speaker's role as the intents know it."""
    if not actor.is_staff:
        return "customer"
    return "manager" if actor.role in MANAGERS else "rep"


class Rooms:
    """The brain made of the rooms `intents` and `retrieval`. Safe to share between threads.

    With `index`, the process keeps the search index under that directory; without, it searches the vectors
    kept in the database.
    """

    def __init__(self, core: Core, index: Path | None = None, *, chroma_url: str = "", embeddings: str = "") -> None:
        """`chroma_url` names a Chroma server instead of `index`; `embeddings` a provider instead of the bundled models."""
        self._core = core
        self._index = index
        self._chroma_url = chroma_url
        self._embeddings = embeddings
        self._bases: dict[str, KnowledgeBase] = {}
        self._lexicons: dict[str, tuple[float, Lexicon]] = {}
        self._lock = threading.Lock()

    def understand(
        self, text: str, actor: Actor, now: datetime, context: Context | None = None, role: str | None = None
    ) -> Understanding:
        """What was meant, read in the actor's zone."""
        from intents import understand

        local = now.astimezone(ZoneInfo(actor.zone))
        lexicon = replace(self._words_of(actor), numbers=self._numbers_in(text, actor))
        return understand(text, role=role or role_of(actor), now=local, context=context, lexicon=lexicon)

    def parts_said(self, text: str, actor: Actor, now: datetime) -> tuple[CodeSaid, ...]:
        """The parts, their numbers and the cars' numbers of a message, in its order."""
        from intents.extract import extract

        lexicon = replace(self._words_of(actor), numbers=self._numbers_in(text, actor))
        spans = extract(text, now.astimezone(ZoneInfo(actor.zone)), lexicon)
        return tuple(CodeSaid(s.kind, str(s.value), s.words) for s in spans if s.kind in ("part", "oe", "vin", "plate"))

    def _numbers_in(self, text: str, actor: Actor) -> frozenset[str]:
        """The keys of part numbers that the message holds in some spelling and the catalogue knows."""
        from intents import number_like

        keys = tuple(dict.fromkeys(key for _, _, key in number_like(unicodedata.normalize("NFKC", text))))
        known: frozenset[str] = self._core.ask(KnownNumbers(keys=keys), actor) if keys else frozenset()
        return known

    def _words_of(self, actor: Actor) -> Lexicon:
        """What this dealer group calls its own series, beside the gazetteer; asked for again after some minutes."""
        from intents import dealer_names

        kept = self._lexicons.get(actor.tenant)
        if kept is None or time.monotonic() - kept[0] > LEXICON_SECONDS:
            rows: list[SeriesNamesView] = self._core.ask(SeriesNames(), self._core.system(actor.tenant))
            names = dealer_names((name, row.brand, row.series) for row in rows for name in row.names)
            kept = self._lexicons[actor.tenant] = (time.monotonic(), Lexicon(series=names))
        return kept[1]

    def knowledge(self, question: str, actor: Actor, *, outward: bool = False) -> Found:
        """An answer in the evidence's own words, from what this person may read; `outward`: and any customer, too."""
        from retrieval.answer import answer_from, hits_for
        from retrieval.store import Scope

        audiences: tuple[Audience, ...] = ("customer", "public") if outward else _audiences(actor)
        scope = Scope.within(actor.tenant, actor.unit, audiences)
        today = self._core.now().astimezone(ZoneInfo(actor.zone)).date()
        hits = hits_for(question, lambda asked: self._base(actor.tenant).search(asked, scope, on=today))
        answer = answer_from(question, hits, "en" if actor.language == "en" else "zh")
        return _found(answer, actor.language)

    def related(self, question: str, actor: Actor) -> tuple[tuple[str, str, str], ...]:
        """The notes nearest to it that this person may read, whether they answer it or not: (title, words, place)."""
        from retrieval.answer import citation, gist
        from retrieval.store import Scope

        scope = Scope.within(actor.tenant, actor.unit, _audiences(actor))
        today = self._core.now().astimezone(ZoneInfo(actor.zone)).date()
        rows = {hit.row.document: hit.row for hit in reversed(self._base(actor.tenant).search(question, scope, on=today))}
        nearest = list(reversed(rows.values()))[:RELATED]
        return tuple((row.title, gist(question, row), _place_in([citation(row)], actor.language)) for row in nearest)

    def similar(self, question: str, texts: Sequence[str], most: int) -> tuple[int, ...]:
        """The places of the texts most like a question, best first; none where nothing is like it."""
        from retrieval.history import most_like

        return most_like(question, texts, most)

    def history(self, question: str, records: Sequence[RecordView], now: datetime) -> Found:
        """Which of these records answer the question."""
        from retrieval.history import Record, answer_history

        given = [Record(r.id, "contact" if r.kind in CONTACTS else r.kind, r.at, r.text, r.ref) for r in records]
        answer = answer_history(question, given)
        cited = tuple((c.doc_id, c.source) for c in answer.citations)
        return Found(_STATES[answer.band], answer.text, cited, answer.suggestions)

    def part(self, words: str) -> PartWords:
        """The catalogue's own name for what was said."""
        from retrieval.wording import part_named

        found = part_named(words)
        return PartWords(found.category, found.position) if found else PartWords()

    def people(self, text: str, now: datetime) -> tuple[str, ...]:
        """Names of people in a message."""
        from intents.extract import extract

        return tuple(s.words for s in extract(text, now) if s.kind == "person" and s.detail != "pronoun")

    def refresh(self) -> None:
        """Embed new documents, rebuild the index where they changed, have the ranker ready.

        For the clock, not for a turn.
        """
        from intents.ranker import ranker

        ranker()
        for tenant in self._core.tenants():
            self._base(tenant).refresh(tenant)

    def forget(self, tenant: str) -> None:
        """After documents went: their vectors go from the database, and from the index where this process owns it."""
        base = self._base(tenant)
        base.forget(tenant)

    def close(self) -> None:
        """Give the index back."""
        with self._lock:
            for base in self._bases.values():
                base.close()
            self._bases.clear()

    def knowledge_base(self, tenant: str) -> KnowledgeBase:
        """The search over one tenant's documents."""
        return self._base(tenant)

    def _base(self, tenant: str) -> KnowledgeBase:
        with self._lock:
            if tenant not in self._bases:
                self._bases[tenant] = self._open(tenant)
            return self._bases[tenant]

    def _open(self, tenant: str) -> KnowledgeBase:
        from bot.conversation.documents import SHIPPED, CoreDocuments
        from retrieval.embeddings import open_vectoriser
        from retrieval.knowledge import KnowledgeBase
        from retrieval.vectors import FileVectorCache

        directory = self._index / tenant if self._index and not self._chroma_url else None
        shipped = [FileVectorCache(SHIPPED)] if SHIPPED.exists() else []
        return KnowledgeBase(
            CoreDocuments(self._core, tenant), directory=directory, chroma_url=self._chroma_url or None,
            vectoriser=open_vectoriser(self._embeddings) if self._embeddings else None, shipped=shipped,
            marks=self._core.settings.data_dir / "search" / f"{tenant}.yaml",
        )  # fmt: skip


_STATES = {"answer": "answer", "did_you_mean": "suggest", "unknown": "unknown"}


def _audiences(actor: Actor) -> tuple[Audience, ...]:
    if actor.is_staff:
        return ("staff", "customer", "public")
    return ("customer", "public") if actor.customer_id else ("public",)


def _origin(source: str) -> str:
    """A file's name without its folders; of a colleague's answer the reference of the question."""
    return source.rsplit("/", 1)[-1].removeprefix("answer:")
