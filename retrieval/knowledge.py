"""The knowledge base: documents of a store, searchable under a required scope."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.answer import Answer, answer_from, hits_for
from retrieval.calibration import Band, Calibration, Evidence, Marks, calibration, read_marks, write_marks
from retrieval.centring import Centring
from retrieval.documents import learn
from retrieval.fusion import NOTHING, LeftOut, Ranked, Tier, mixed
from retrieval.lexicon import lexicon
from retrieval.lock import OwnerLock
from retrieval.models import Matrix
from retrieval.phrasebook import Phrasebook, phrasebook
from retrieval.store import ChunkRow, DocumentStore, Scope, VectorCache, content_hash
from retrieval.text import MAX_QUESTION, Lang, clean, language
from retrieval.vectors import EmbeddingCache, Face, NumpyVectors, Progress, VectorIndex, faces_of

if TYPE_CHECKING:
    from retrieval.chroma import ChromaHome
    from retrieval.embeddings import Vectoriser

log = logging.getLogger(__name__)

__all__ = ["Hit", "KnowledgeBase", "expanded", "learn"]

_WIDE = 24  # pieces ranked for a question however few are wanted: a score depends on the next ones
_RIVALS = 5  # the next documents a hit is compared with
_TIERS = 16  # scopes whose words stay indexed, per tenant


@dataclass(frozen=True, slots=True)
class Hit:
    """A piece found: its calibrated score 0..1, what that was made of, and what may be done with it."""

    row: ChunkRow
    score: float
    ranked: Ranked
    band: Band


@dataclass(slots=True)
class _State:
    """One version of one tenant's documents, ready to be searched."""

    version: int | str
    centring: Centring
    vectors: VectorIndex
    phrases: Phrasebook | None
    embedded: bool  # there are vectors to compare a question with
    final: bool  # everything embedded and, by the owner, written
    tiers: OrderedDict[Scope, Tier] = field(default_factory=OrderedDict)
    needs: set[str] = field(default_factory=set)  # keys of the vectors its pieces need


class KnowledgeBase:
    """Search over the documents of `store`.

    `directory` holds the embedded Chroma; the first process to open it owns it. The others, and every
    process without a directory, search the vectors kept in the store. `chroma_url` names a server
    instead. `shipped` are read-only caches of vectors that came with documents. `marks` is the file of this
    deployment's own marks, if it has any.
    """

    def __init__(
        self,
        store: DocumentStore,
        *,
        directory: Path | None = None,
        chroma_url: str | None = None,
        vectoriser: Vectoriser | None = None,
        shipped: Sequence[VectorCache] = (),
        marks: Path | None = None,
    ) -> None:
        self._store = store
        self._directory, self._url = directory, chroma_url
        self._vectoriser = vectoriser
        self._shipped = tuple(shipped)
        self._marks = marks
        self._calibration: Calibration | None = None
        self._owner = OwnerLock(directory) if directory else None
        if self._owner:
            self._owner.acquire()
        self._home: ChromaHome | None = None
        self._states: dict[str, _State] = {}
        self._lock = threading.RLock()
        self._building = threading.Lock()

    @property
    def owns_index(self) -> bool:
        """Whether this process may write the vector index."""
        return bool(self._url) or (self._owner is not None and self._owner.held)

    def close(self) -> None:
        """Give up the ownership of the embedded index."""
        with self._lock:
            self._states.clear()
            if self._home is not None:
                self._home.close()
                self._home = None
            if self._owner:
                self._owner.release()

    # -- searching

    def search(self, question: str, scope: Scope, k: int = 5, *, on: date | None = None) -> list[Hit]:
        """The best `k` pieces the scope may see, best first; `on` leaves out what is not valid that day.

        An empty question finds nothing. Never embeds documents and never writes.
        """
        if k < 1:
            return []
        lang, ranked = self.ranked(question, scope, max(2 * k, _WIDE))
        ranked = [hit for hit in ranked if scope.admits(hit.row) and hit.row.valid_on(on)]
        return self._hits(ranked, lang)[:k]

    def ranked(
        self, question: str, scope: Scope, count: int = _WIDE, *, left_out: LeftOut = NOTHING
    ) -> tuple[Lang, list[Ranked]]:
        """The question's language, and the best pieces by fused score, as if `left_out` were not there."""
        asked = clean(question, MAX_QUESTION)
        lang = language(asked)
        if not asked:
            return lang, []
        state = self._current(scope.tenant)
        tier = self._tier(state, scope)
        vector = self._question_vector(asked, lang, state) if tier.faces and state.embedded else None
        aid = state.phrases.aid(asked, lang, vector) if state.phrases and vector is not None else None
        return lang, tier.rank(asked, lang, vector, state.vectors, count, aid, left_out)

    def answer(
        self, question: str, scope: Scope, lang: Lang | None = None, *, on: date | None = None
    ) -> Answer:
        """A cited answer in the evidence's own words, a choice of titles, or "unknown".

        `lang` is the asker's language: of two equally good notes the one in it is told.
        """
        asked = clean(question, MAX_QUESTION)
        return answer_from(asked, hits_for(asked, lambda q: self.search(q, scope, 6, on=on)), lang)

    def _hits(self, ranked: list[Ranked], lang: Lang) -> list[Hit]:
        """With scores that never rise along the ranking, whatever the languages of the texts."""
        marks = self.calibration()
        speaks = {hit.row.id: evidence(ranked, at) for at, hit in enumerate(ranked)}
        low, hits = 1.0, []
        for hit in mixed(ranked, lang):
            low = min(low, marks.score(speaks[hit.row.id], lang, hit.row.lang))
            hits.append(Hit(hit.row, low, hit, marks.band(low, lang, hit.row.lang)))
        return hits

    def _question_vector(self, asked: str, lang: Lang, state: _State) -> Matrix | None:
        """The mean of the question in standard words, as said, and followed by its translation."""
        forms = list(dict.fromkeys([lexicon().rewrite(asked), asked, expanded(asked, lang)]))
        rows = self._embedder().wordings(forms)
        rows = state.centring.questions(rows, [lang] * len(rows))
        mean = rows.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)

    # -- marks

    def calibration(self) -> Calibration:
        """What ships with the package, with this deployment's own marks where it has any for this model."""
        if self._calibration is None:
            own = read_marks(self._marks, self._embedder().model_id) if self._marks else {}
            self._calibration = calibration().with_marks(own)
        return self._calibration

    def keep_marks(self, marks: Mapping[str, Marks]) -> None:
        """Use these marks from now on, and at every start with this model."""
        if self._marks is not None and marks:
            write_marks(self._marks, self._embedder().model_id, marks)
        self._calibration = calibration().with_marks(marks)

    def pieces(self, tenant: str) -> list[ChunkRow]:
        """Every piece of a tenant: for measuring, never for answering."""
        return list(self._store.all_documents(tenant))

    # -- building

    def refresh(self, tenant: str, progress: Progress | None = None) -> bool:
        """Embed what is new and rebuild the index if the store's version moved; True if it did.

        The old index serves until the new one is ready. Killed half-way, it goes on where it was.
        """
        with self._building:
            version = self._store.version(tenant)
            held = self._states.get(tenant)
            if held is not None and held.version == version and held.final:
                return False
            rows = list(self._store.all_documents(tenant))
            cache = EmbeddingCache(self._embedder(), *self._shipped, self._store)
            cache.embed([face.text for face in faces_of(rows)], progress)
            state = self._build(tenant, version, rows, final=True)
            state.needs = kept_for(rows, self._embedder().model_id)
            with self._lock:
                self._states[tenant] = state
            # What was removed leaves the older generation at once, even if a search must compare exactly for it.
            _drop_older(state, held if held is not None and held.needs <= state.needs else None)
            self._store.keep_vectors(state.needs)
            return True

    def forget(self, tenant: str) -> None:
        """Drop the vectors of what is no more: the kept ones at once, stored ones where this process may write them.

        Embeds nothing: an index that would have to be built first is left to the next `refresh`.
        """
        rows = list(self._store.all_documents(tenant))
        wanted = kept_for(rows, self._embedder().model_id)
        self._store.keep_vectors(wanted)
        texts = {face.text for face in faces_of(rows)}
        cache = EmbeddingCache(self._embedder(), *self._shipped, self._store)
        if (
            self.owns_index
            and (self._url or self._directory)
            and len(cache.known(sorted(texts))) == len(texts)
        ):
            self.refresh(tenant)

    def _current(self, tenant: str) -> _State:
        """The state of the store's present version; rows that left a scope are gone at once."""
        version = self._store.version(tenant)
        held = self._states.get(tenant)
        if held is not None and held.version == version:
            return held
        with self._lock:
            held = self._states.get(tenant)
            if held is None or held.version != version:
                rows = list(self._store.all_documents(tenant))
                held = self._states[tenant] = self._build(tenant, version, rows, final=False)
            return held

    def _build(self, tenant: str, version: int | str, rows: list[ChunkRow], *, final: bool) -> _State:
        """An index of what is embedded; `final` writes it, too."""
        faces = faces_of(rows)
        vectoriser = self._embedder()
        cache = EmbeddingCache(vectoriser, *self._shipped, self._store)
        texts = [face.text for face in faces]
        known = cache.known(texts)
        held = [face for face in faces if face.text in known]
        width = len(next(iter(known.values()))) if known else 0
        raw = np.vstack([known[face.text] for face in held]) if held else np.empty((0, width), np.float32)
        langs = [language(face.text) for face in held]
        centring = Centring.fit(
            vectoriser.model_id,
            vectoriser.blocks,
            _chosen(raw, langs, [face.is_text for face in held]),
            _chosen(raw, langs, [not face.is_text for face in held]),
        )
        matrix = centring.passages(raw, langs)
        vectors = self._vectors(tenant, held, matrix, write=final)
        book = phrasebook(vectoriser.model_id) if held else None
        phrases = book.centred(centring) if book else None
        return _State(version, centring, vectors, phrases, embedded=bool(held), final=final)

    def _vectors(self, tenant: str, faces: list[Face], matrix: Matrix, *, write: bool) -> VectorIndex:
        if not (write and self.owns_index and faces):
            return NumpyVectors(faces, matrix)
        from retrieval.chroma import ChromaHome

        self._home = self._home or ChromaHome(self._directory, self._url)
        try:
            return self._home.index(tenant, faces, matrix, _fingerprint(faces, matrix))
        except Exception as error:  # whatever ails the index, people are answered
            log.warning("no search index, comparing every vector instead: %s", error)
            return NumpyVectors(faces, matrix)

    def _tier(self, state: _State, scope: Scope) -> Tier:
        with self._lock:
            tier = state.tiers.get(scope)
            if tier is None:
                tier = state.tiers[scope] = Tier(scope, faces_of(list(self._store.documents(scope))))
                while len(state.tiers) > _TIERS:
                    state.tiers.popitem(last=False)
            state.tiers.move_to_end(scope)
            return tier

    def _embedder(self) -> Vectoriser:
        if self._vectoriser is None:
            from retrieval.embeddings import open_vectoriser

            self._vectoriser = open_vectoriser()
        return self._vectoriser


def evidence(ranked: Sequence[Ranked], at: int) -> Evidence:
    """What speaks for a hit. Its gap is its height over the next other documents; where there are fewer, over 0.

    Only documents in its language count: its own translation is no reason to doubt it.
    """
    hit = ranked[at]
    after: dict[str, float] = {}
    for other in ranked[at + 1 :]:
        if other.row.document != hit.row.document and other.row.lang == hit.row.lang:
            after.setdefault(other.row.document, other.fused)
    nearest = list(after.values())[:_RIVALS]
    gap = hit.fused - sum(nearest) / _RIVALS
    return Evidence(hit.fused, gap, hit.signals.covered, hit.signals.unknown)


def expanded(asked: str, lang: Lang) -> str:
    """The question with slang made standard, followed by its concepts in the other language."""
    words = lexicon()
    other = "en" if lang == "zh" else "zh"
    said = dict.fromkeys(words.standard[concept].get(other, "") for concept in words.concepts(asked))
    return f"{words.rewrite(asked)} {' '.join(said)}".strip()


def kept_for(rows: Sequence[ChunkRow], model_id: str) -> set[str]:
    """The keys of the vectors these pieces need."""
    return {content_hash(model_id, face.text) for face in faces_of(rows)}


def _chosen(rows: Matrix, langs: list[Lang], flags: list[bool]) -> tuple[Matrix, list[Lang]]:
    return rows[np.asarray(flags, bool)], [lang for lang, flag in zip(langs, flags, strict=True) if flag]


def _drop_older(new: _State, held: _State | None) -> None:
    """Delete stored generations but the new one and the one a search may still be reading."""
    from retrieval.chroma import ChromaVectors

    if isinstance(new.vectors, ChromaVectors):
        before = held.vectors if held and isinstance(held.vectors, ChromaVectors) else None
        new.vectors.drop_others(before)


def _fingerprint(faces: Sequence[Face], matrix: Matrix) -> str:
    digest = hashlib.sha256(matrix.tobytes())
    for face in faces:
        digest.update(f"{face.key}\0{face.row.unit}\0{face.row.audience}\n".encode())
    return digest.hexdigest()
