"""A self-contained search index: give it texts, ask it questions."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.knowledge import Hit, KnowledgeBase
from retrieval.store import ChunkRow, MemoryStore, Scope
from retrieval.text import clean, language, windows

if TYPE_CHECKING:
    from retrieval.embeddings import Vectoriser

_TENANT = "local"
_SCOPE = Scope(_TENANT, ("",), ("public",))
_WHOLE = 600  # characters a text may have before it is cut into windows
_WINDOW = 450
_READ_CLOSELY = 120_000  # characters the slow model may read in one `index`, about two minutes of one core
_MIN_HEAD = 40


class SearchIndex:
    """Search over a list of texts, in Chinese, English or both.

    Everything lives in a temporary directory that goes with the object.

    >>> index = SearchIndex()
    >>> index.index([{"id": "a", "text": "制动片磨损到三毫米以下应更换。"}])
    >>> index.search("刹车皮多薄要换", 1)[0][0]
    'a'
    """

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="chexin-search-")
        self._store = MemoryStore()
        self._base: KnowledgeBase | None = None
        self._former: KnowledgeBase | None = None
        self._ids: list[Any] = []
        self._generation = 0
        self._lock = threading.Lock()
        weakref.finalize(self, self._home.cleanup)

    def index(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Replace the content with `documents`, each `{"id": anything, "text": str}`.

        A later document with an id already seen takes the place of the earlier one. Raises ValueError
        naming the position of a document without id or text; the old content then stays.
        """
        texts = _by_id(documents)
        rows = [row for at, (_, text) in enumerate(texts) for row in rows_of(str(at), text)]
        with self._lock:
            self._generation += 1
            store = MemoryStore(rows)
            home = Path(self._home.name) / str(self._generation)
            base = KnowledgeBase(store, directory=home, vectoriser=_reader([row.text for row in rows]))
            if rows:
                base.refresh(_TENANT)
            # A search may still be reading the former content; what came before that goes.
            retired, self._former, self._base = self._former, self._base, base
            self._ids = [key for key, _ in texts]
        if retired is not None:
            retired.close()
            shutil.rmtree(Path(self._home.name) / str(self._generation - 2), ignore_errors=True)

    def search(self, question: str, k: int = 5) -> list[tuple[Any, float]]:
        """Up to `k` pairs (id, score in 0..1), best first. Nothing asked or nothing indexed: empty."""
        with self._lock:
            base, ids = self._base, self._ids
        return [(ids[int(hit.row.document)], hit.score) for hit in _best(base, question, k)]

    def hits(self, question: str, k: int = 5) -> list[Hit]:
        """Like `search`, with what each score was made of; `row.document` is a position in the list."""
        return _best(self._base, question, k)


def _best(base: KnowledgeBase | None, question: str, k: int) -> list[Hit]:
    """The best hit of each of up to `k` documents."""
    if base is None or k < 1:
        return []
    best: dict[str, Hit] = {}
    for hit in base.search(question, _SCOPE, k=3 * k):
        best.setdefault(hit.row.document, hit)
    return list(best.values())[:k]


def _by_id(documents: Iterable[Any]) -> list[tuple[Any, str]]:
    """Ids with texts; a repeated id keeps its first place and its last text. Ids need not be hashable."""
    found: dict[tuple[str, str], tuple[Any, str]] = {}
    for at, document in enumerate(documents):
        if not isinstance(document, Mapping) or "id" not in document:
            raise ValueError(f"document {at} has no id")
        text = document.get("text")
        if not isinstance(text, str):
            raise ValueError(f"document {at} (id {document['id']!r}) has no text")
        found[type(document["id"]).__name__, repr(document["id"])] = (document["id"], text)
    return list(found.values())


def rows_of(name: str, text: str, tenant: str = _TENANT) -> list[ChunkRow]:
    """The pieces of a text: itself, or windows of a long one."""
    body = clean(text)
    parts = [body] if len(body) <= _WHOLE else windows(body, _WINDOW)
    return [
        ChunkRow(f"{name}.{n}", tenant, name, part, position=n, lang=language(part), audience="public")
        for n, part in enumerate(parts)
        if part
    ]


def _reader(texts: Sequence[str]) -> Vectoriser:
    """The best embedder that reads these texts in bearable time."""
    from retrieval.embeddings import BundledEmbeddings, FastEmbeddings

    total = sum(map(len, texts))
    if total <= _READ_CLOSELY:
        return BundledEmbeddings()
    head = _READ_CLOSELY // len(texts)
    return BundledEmbeddings(e5_chars=head) if head >= _MIN_HEAD else FastEmbeddings()
