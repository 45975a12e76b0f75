"""Scope, versions, caches and the one owner of the index."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from retrieval import ChunkRow, KnowledgeBase, MemoryStore, Scope
from retrieval.lock import OwnerLock
from retrieval.store import content_hash
from retrieval.vectors import FileVectorCache

from .conftest import HashVectoriser

STAFF = Scope.within("t1", "g.east.d1.", ("staff", "customer", "public"))
CUSTOMER = Scope.within("t1", "g.east.d1.", ("customer", "public"))


def row(key: str, text: str, **more: object) -> ChunkRow:
    return ChunkRow(key, "t1", key, text, **{"audience": "public", **more})  # type: ignore[arg-type]


ROWS = [
    row("pads", "刹车片低于三毫米应更换"),
    row("oil", "机油每一万公里更换一次"),
    row("discount", "刹车片最多可以优惠八百元", audience="staff"),
    row("dealer1", "刹车片一店有库存", unit="g.east.d1."),
    row("dealer2", "刹车片二店有库存", unit="g.east.d2."),
    row("region", "刹车片华东区统一价", unit="g.east."),
    replace(row("other", "刹车片别家的内部价"), tenant="t2"),
]


@pytest.fixture(params=["numpy", "chroma"])
def base(request: pytest.FixtureRequest, tmp_path: Path, vectoriser: HashVectoriser) -> KnowledgeBase:
    directory = tmp_path if request.param == "chroma" else None
    made = KnowledgeBase(MemoryStore(ROWS), directory=directory, vectoriser=vectoriser)
    made.refresh("t1")
    made.refresh("t2")
    return made


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (STAFF, {"pads", "oil", "discount", "dealer1", "region"}),
        (CUSTOMER, {"pads", "oil", "dealer1", "region"}),
        (Scope("t1", ("",), ("public",)), {"pads", "oil"}),
        (Scope.within("t1", "g.east.d2.", ("public",)), {"pads", "oil", "dealer2", "region"}),
        (Scope("t2", ("",), ("public",)), {"other"}),
        (Scope("t3", ("",), ("public",)), set()),
    ],
)
def test_only_what_the_scope_admits_is_found(base: KnowledgeBase, scope: Scope, seen: set[str]) -> None:
    assert {hit.row.id for hit in base.search("刹车片", scope, 50)} == seen


def test_canaries_never_appear(tmp_path: Path, vectoriser: HashVectoriser) -> None:
    secret = [row(f"secret{n}", f"内部底价 {n} 刹车片", audience="staff") for n in range(120)]
    elsewhere = [row(f"far{n}", f"内部底价 {n} 刹车片", unit="g.west.") for n in range(120)]
    base = KnowledgeBase(MemoryStore([*ROWS, *secret, *elsewhere]), directory=tmp_path, vectoriser=vectoriser)
    base.refresh("t1")
    for question in ("内部底价是多少", "刹车片底价 7", "底价 118", "internal price"):
        hits = base.search(question, CUSTOMER, 300)
        assert {hit.row.id for hit in hits} <= {"pads", "oil", "dealer1", "region"}
        answer = base.answer(question, CUSTOMER)
        assert "底价" not in "".join([answer.text, *answer.suggestions])


@pytest.mark.parametrize(
    ("tenant", "units", "audiences"),
    [("", ("",), ("public",)), ("t", (), ("public",)), ("t", ("",), ()), ("t", ("",), ("all",))],
)
def test_an_incomplete_scope_is_refused(
    tenant: str, units: tuple[str, ...], audiences: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"scope|audience"):
        Scope(tenant, units, audiences)  # type: ignore[arg-type]


def test_a_document_taken_away_is_gone_at_the_next_question(tmp_path: Path) -> None:
    store = MemoryStore(ROWS)
    base = KnowledgeBase(store, directory=tmp_path, vectoriser=HashVectoriser())
    base.refresh("t1")
    store.replace([replace(r, audience="staff") if r.id == "pads" else r for r in ROWS])
    assert "pads" not in {hit.row.id for hit in base.search("刹车片", CUSTOMER, 50)}
    assert base.refresh("t1")
    assert "pads" not in {hit.row.id for hit in base.search("刹车片", CUSTOMER, 50)}
    assert not base.refresh("t1")


def test_a_new_document_is_found_by_its_words_before_it_is_embedded(vectoriser: HashVectoriser) -> None:
    store = MemoryStore(ROWS)
    base = KnowledgeBase(store, vectoriser=vectoriser)
    base.refresh("t1")
    before = len(vectoriser.embedded)
    store.replace([*ROWS, row("belt", "正时皮带九万公里更换")])
    assert base.search("正时皮带", CUSTOMER, 1)[0].row.id == "belt"
    assert len(vectoriser.embedded) == before
    base.refresh("t1")
    assert vectoriser.embedded[before:] == ["正时皮带九万公里更换"]


def test_validity_is_checked_on_the_day_asked(vectoriser: HashVectoriser) -> None:
    dated = row("sale", "刹车片促销", valid_from=date(2026, 1, 1), valid_until=date(2026, 1, 31))
    base = KnowledgeBase(MemoryStore([dated, ROWS[0]]), vectoriser=vectoriser)
    base.refresh("t1")
    for day, seen in [(date(2026, 1, 31), True), (date(2026, 2, 1), False), (date(2025, 12, 31), False)]:
        assert ("sale" in {hit.row.id for hit in base.search("刹车片促销", CUSTOMER, 5, on=day)}) == seen


def test_example_questions_lead_to_their_document(vectoriser: HashVectoriser) -> None:
    note = row("hours", "周一至周五八点半到五点半", questions=("礼拜天修车吗",))
    base = KnowledgeBase(MemoryStore([*ROWS, note]), vectoriser=vectoriser)
    base.refresh("t1")
    assert base.search("礼拜天修车吗", CUSTOMER, 1)[0].row.id == "hours"


def test_shipped_vectors_need_no_embedding(tmp_path: Path, vectoriser: HashVectoriser) -> None:
    cache = FileVectorCache(tmp_path / "vectors.npz")
    KnowledgeBase(MemoryStore(ROWS), vectoriser=vectoriser, shipped=[cache])
    texts = [r.faces[0] for r in ROWS]
    rows = vectoriser.questions(texts)
    cache.save_vectors({content_hash("hash-64", t): v for t, v in zip(texts, rows, strict=True)})
    fresh = FileVectorCache(tmp_path / "vectors.npz")
    base = KnowledgeBase(MemoryStore(ROWS), vectoriser=vectoriser, shipped=[fresh])
    base.refresh("t1")
    assert vectoriser.embedded == []
    assert base.search("机油多久换", CUSTOMER, 1)[0].row.id == "oil"


def test_cached_vectors_load_no_model() -> None:
    code = (
        "import numpy as np\n"
        "from retrieval import ChunkRow, KnowledgeBase, MemoryStore, models\n"
        "from retrieval.embeddings import BundledEmbeddings\n"
        "from retrieval.store import content_hash\n"
        "store = MemoryStore([ChunkRow('a', 't', 'a', '刹车片')])\n"
        "store.save_vectors({content_hash(BundledEmbeddings.model_id, '刹车片'): np.ones(896, np.float32)})\n"
        "KnowledgeBase(store).refresh('t')\n"
        "assert not models.loaded()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], timeout=60)


def test_a_removed_documents_vectors_are_gone_from_the_store_and_from_the_index(
    tmp_path: Path, vectoriser: HashVectoriser
) -> None:
    rows = [row for row in ROWS if row.tenant == "t1"]
    store = MemoryStore(rows)
    base = KnowledgeBase(store, directory=tmp_path, vectoriser=vectoriser)
    base.refresh("t1")
    gone = next(row for row in ROWS if row.id == "oil")
    keys = [content_hash(vectoriser.model_id, face) for face in gone.faces]
    others = [content_hash(vectoriser.model_id, face) for row in rows if row.id != "oil" for face in row.faces]
    assert set(store.vectors(keys)) == set(keys)
    store.replace([row for row in rows if row.id != "oil"])
    before = vectoriser.embedded.copy()
    base.forget("t1")
    assert store.vectors(keys) == {}
    assert set(store.vectors(others)) == set(others) - set(keys)
    assert vectoriser.embedded == before
    base.close()
    import chromadb

    client = chromadb.PersistentClient(path=str(tmp_path))
    stored = [client.get_collection(one.name, embedding_function=None) for one in client.list_collections()]
    held = [one for collection in stored for one in collection.get()["ids"]]
    assert held
    assert not [one for one in held if one.startswith("oil#")]


def test_the_file_cache_keeps_what_it_had(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    FileVectorCache(path).save_vectors({"a": np.array([1, 0], np.float32)})
    FileVectorCache(path).save_vectors({"b": np.array([0, 1], np.float32)})
    found = FileVectorCache(path).vectors(["a", "b", "c"])
    assert {key: list(value) for key, value in found.items()} == {"a": [1, 0], "b": [0, 1]}
    assert [file.name for file in tmp_path.iterdir()] == ["v.npz"]


def test_one_owner_at_a_time(tmp_path: Path, vectoriser: HashVectoriser) -> None:
    store = MemoryStore(ROWS)
    first = KnowledgeBase(store, directory=tmp_path, vectoriser=vectoriser)
    second = KnowledgeBase(store, directory=tmp_path, vectoriser=vectoriser)
    assert (first.owns_index, second.owns_index) == (True, False)
    first.refresh("t1")
    second.refresh("t1")
    assert [hit.row.id for hit in second.search("刹车片", STAFF, 9)] == [
        hit.row.id for hit in first.search("刹车片", STAFF, 9)
    ]
    first.close()
    assert OwnerLock(tmp_path).acquire()


def test_the_lock_holds_across_processes(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path)
    assert lock.acquire()
    code = (
        "import sys\nfrom pathlib import Path\nfrom retrieval.lock import OwnerLock\n"
        f"sys.exit(0 if OwnerLock(Path({str(tmp_path)!r})).acquire() else 3)\n"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 3
    lock.release()
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_second_start_reuses_the_stored_generation(tmp_path: Path, vectoriser: HashVectoriser) -> None:
    store = MemoryStore(ROWS)
    first = KnowledgeBase(store, directory=tmp_path, vectoriser=vectoriser)
    first.refresh("t1")
    embedded = len(vectoriser.embedded)
    first.close()
    again = KnowledgeBase(store, directory=tmp_path, vectoriser=vectoriser)
    assert again.owns_index
    again.refresh("t1")
    assert len(vectoriser.embedded) == embedded
    assert again.search("机油多久换", CUSTOMER, 1)[0].row.id == "oil"


def test_the_old_generation_serves_until_the_next_but_one(tmp_path: Path, vectoriser: HashVectoriser) -> None:
    store = MemoryStore(ROWS)
    base = KnowledgeBase(store, directory=tmp_path, vectoriser=vectoriser)
    base.refresh("t1")
    old = base._states["t1"]
    vector = vectoriser.questions(["刹车片"])[0]
    store.replace([*ROWS, row("new1", "正时皮带")])
    base.refresh("t1")
    assert old.vectors.nearest(vector, CUSTOMER, 5)
    store.replace([*ROWS, row("new1", "正时皮带"), row("new2", "正时链条")])
    base.refresh("t1")
    names = {collection.name.rsplit("-", 1)[1] for collection in base._home._client.list_collections()}
    assert len(names) == 2
