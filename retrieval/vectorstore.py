"""The knowledge base as LangChain sees it: a vector store that refuses to search without a scope."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict

from retrieval.embeddings import ProviderVectors
from retrieval.knowledge import Hit, KnowledgeBase
from retrieval.store import ChunkRow, MemoryStore, Scope
from retrieval.text import language


class KnowledgeVectorStore(VectorStore):
    """LangChain's `VectorStore` over a `KnowledgeBase`; every search takes `scope=`.

    Documents are learnt through the store of the knowledge base; `from_texts` makes one in memory.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[Any, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        scope: Scope | None = None,
        **kwargs: Any,
    ) -> KnowledgeVectorStore:
        """A store in memory over `texts`, all of them belonging to the first unit and audience of `scope`."""
        if scope is None:
            raise ValueError("from_texts needs scope=, the owner of these texts")
        names = ids or [str(uuid.uuid4()) for _ in texts]
        titles = [str(metadata.get("title", "")) for metadata in metadatas or [{}] * len(texts)]
        rows = [
            ChunkRow(
                name, scope.tenant, name, text, title=title, lang=language(text),
                audience=scope.audiences[0], unit=scope.units[0],
            )
            for name, text, title in zip(names, texts, titles, strict=True)
        ]  # fmt: skip
        model = f"{type(embedding).__module__}.{type(embedding).__qualname__}"
        base = KnowledgeBase(MemoryStore(rows), vectoriser=ProviderVectors(embedding, model))
        base.refresh(scope.tenant)
        return cls(base)

    def add_texts(self, texts: Iterable[str], metadatas: Any = None, **kwargs: Any) -> list[str]:
        """Refused: a text has an owner and an audience, so it is learnt, not added."""
        raise NotImplementedError("documents are learnt through the store of the knowledge base")

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[LangChainDocument]:
        return [found for found, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[LangChainDocument, float]]:
        """Documents with scores in 0..1, best first. Raises ValueError without `scope=`."""
        scope = kwargs.get("scope")
        if not isinstance(scope, Scope):
            raise ValueError("a search needs scope=, who asks")
        return [(_document(hit), hit.score) for hit in self.base.search(query, scope, k)]


class KnowledgeRetriever(BaseRetriever):
    """LangChain's retriever for one asker: the scope is fixed when it is made."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    base: KnowledgeBase
    scope: Scope
    k: int = 4

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        return [_document(hit) for hit in self.base.search(query, self.scope, self.k)]


def _document(hit: Hit) -> LangChainDocument:
    row = hit.row
    about: dict[str, str | int | float | Sequence[str]] = {
        "document": row.document,
        "title": row.title,
        "section": row.section,
        "source": row.source,
        "position": row.position,
        "lang": row.lang,
        "score": hit.score,
    }
    return LangChainDocument(page_content=row.text, metadata=about, id=row.id)
