"""The LangChain side: embeddings, vector store, retriever, providers by configuration."""

from __future__ import annotations

import math

import pytest
from langchain_core.embeddings import Embeddings

from retrieval import Scope
from retrieval.embeddings import BundledEmbeddings, open_vectoriser
from retrieval.vectorstore import KnowledgeRetriever, KnowledgeVectorStore

from .conftest import HashVectoriser


class HashEmbeddings(Embeddings):
    """A provider's embeddings, without the provider."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in HashVectoriser().questions(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


SCOPE = Scope("t", ("",), ("public",))


@pytest.fixture(scope="module")
def store() -> KnowledgeVectorStore:
    return KnowledgeVectorStore.from_texts(
        ["刹车片三毫米更换", "机油一万公里更换"],
        HashEmbeddings(),
        ids=["a", "b"],
        scope=SCOPE,
    )


def test_bundled_vectors_have_length_one_and_nearness() -> None:
    embeddings = BundledEmbeddings()
    question = embeddings.embed_query("brake pads")
    near, far = embeddings.embed_documents(["刹车片更换", "营业时间"])
    assert len(question) == 896
    assert math.isclose(sum(x * x for x in near), 1, abs_tol=1e-3)
    assert sum(map(math.prod, zip(question, near, strict=True))) > sum(
        map(math.prod, zip(question, far, strict=True))
    )


def test_a_search_without_a_scope_is_refused(store: KnowledgeVectorStore) -> None:
    with pytest.raises(ValueError, match="scope"):
        store.similarity_search("刹车片")
    with pytest.raises(NotImplementedError):
        store.add_texts(["x"])


def test_vector_store_and_retriever_find(store: KnowledgeVectorStore) -> None:
    assert store.similarity_search("刹车皮", 1, scope=SCOPE)[0].id == "a"
    retriever = KnowledgeRetriever(base=store.base, scope=SCOPE, k=1)
    assert [found.id for found in retriever.invoke("机油多久换")] == ["b"]
    chained = store.as_retriever(search_kwargs={"scope": SCOPE, "k": 1})
    assert chained.invoke("机油多久换")[0].metadata["document"] == "b"
    nobody = KnowledgeRetriever(base=store.base, scope=Scope("x", ("",), ("public",)))
    assert nobody.invoke("机油") == []


@pytest.mark.parametrize("spec", ["nobody:model", "no-colon"])
def test_a_wrong_provider_is_named_with_its_setting(spec: str) -> None:
    with pytest.raises(ValueError, match="EMBEDDINGS"):
        open_vectoriser(spec)


def test_the_default_is_bundled() -> None:
    assert isinstance(open_vectoriser(""), BundledEmbeddings)
    assert isinstance(open_vectoriser("bundled"), BundledEmbeddings)
