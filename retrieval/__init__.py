"""Documents, embeddings, search and cited answers.

Everything heavy (models, Chroma, LangChain) is imported on first use, so importing this package is cheap.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Two OMP threads on a busy machine multiply the tail latency of an embedding by twenty; the numeric
# libraries read these once, when they are loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

if TYPE_CHECKING:
    from retrieval.answer import Answer, Citation
    from retrieval.documents import Document, learn
    from retrieval.history import Record, answer_history
    from retrieval.knowledge import KnowledgeBase
    from retrieval.search import SearchIndex
    from retrieval.store import ChunkRow, DocumentStore, MemoryStore, Scope
    from retrieval.support import supported, unsupported
    from retrieval.wording import Wording, read_wording

_HOMES = {
    "Answer": "answer",
    "ChunkRow": "store",
    "Citation": "answer",
    "Document": "documents",
    "DocumentStore": "store",
    "KnowledgeBase": "knowledge",
    "MemoryStore": "store",
    "Record": "history",
    "Scope": "store",
    "SearchIndex": "search",
    "Wording": "wording",
    "answer_history": "history",
    "learn": "documents",
    "read_wording": "wording",
    "supported": "support",
    "unsupported": "support",
}

__all__ = [
    "Answer",
    "ChunkRow",
    "Citation",
    "Document",
    "DocumentStore",
    "KnowledgeBase",
    "MemoryStore",
    "Record",
    "Scope",
    "SearchIndex",
    "Wording",
    "answer_history",
    "learn",
    "read_wording",
    "supported",
    "unsupported",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'retrieval' has no attribute {name!r}")
    value = getattr(import_module(f"retrieval.{home}"), name)
    globals()[name] = value
    return value
