"""Knowledge documents: versions, who reads what, and kept embeddings."""

from __future__ import annotations

import struct
from datetime import date

import pytest

from crm_core.api import Core
from crm_core.kernel.access import Actor, Grant
from crm_core.kernel.errors import Invalid, NotFound, Refused
from crm_core.knowledge.messages import (
    AddExample,
    ChunkIn,
    Chunks,
    Documents,
    DocumentView,
    KeepVectors,
    KnowledgeVersion,
    PublishDocument,
    RemoveDocument,
    SaveVectors,
    Vectors,
)
from crm_core.knowledge.rules import places_of
from crm_core.undo.messages import UndoLast
from tests.core.fitment.shop import HERE, THERE, Shop


@pytest.fixture
def shop(core: Core) -> Shop:
    return Shop(core)


def note(source: str, *texts: str, audience: str = "public", **more: object) -> PublishDocument:
    chunks = tuple(ChunkIn(section="一", text=t, position=i, hash=f"h-{t}") for i, t in enumerate(texts))
    fields = {"source": source, "title": source, "audience": audience, "lang": "zh", "chunks": chunks}
    return PublishDocument.model_validate(fields | more)


def texts(shop: Shop, actor: Actor) -> set[str]:
    return {chunk.text for chunk in shop.core.ask(Chunks(), actor)}


def version(shop: Shop) -> int:
    found = shop.core.ask(KnowledgeVersion(), shop.rep)
    assert isinstance(found, int)
    return found


def test_learning_again_replaces_and_the_same_changes_nothing(shop: Shop) -> None:
    assert shop.do(note("a.md", "一", "二")).view == "added"
    assert (shop.do(note("a.md", "一", "二")).view, version(shop)) == ("unchanged", 1)
    assert (shop.do(note("a.md", "一", "三")).view, version(shop)) == ("changed", 2)
    assert [chunk.text for chunk in shop.core.ask(Chunks(), shop.rep)] == ["一", "三"]
    shop.do(RemoveDocument(source="a.md"))
    assert (texts(shop, shop.rep), version(shop)) == (set(), 3)
    with pytest.raises(NotFound):
        shop.do(RemoveDocument(source="a.md"))


def test_what_was_removed_and_is_learnt_again_goes_on_counting_its_editions(shop: Shop) -> None:
    for words in ("一", "二"):
        shop.do(note("a.md", words))
    shop.do(RemoveDocument(source="a.md"))
    shop.do(note("a.md", "三"))
    shop.do(note("b.md", "三"))
    found: list[DocumentView] = shop.core.ask(Documents(), shop.boss)
    assert {one.source: one.version for one in found} == {"a.md": 3, "b.md": 1}


def test_pieces_that_stay_the_same_keep_their_ids_wherever_they_move(shop: Shop) -> None:
    shop.do(note("a.md", "一", "二", "三", "三"))
    before = {chunk.position: chunk.id for chunk in shop.core.ask(Chunks(), shop.rep)}
    shop.do(note("a.md", "二", "一", "四", "三"))
    after = {chunk.position: (chunk.id, chunk.text, chunk.version) for chunk in shop.core.ask(Chunks(), shop.rep)}
    assert after[0] == (before[1], "二", 2)
    assert after[1] == (before[0], "一", 2)
    assert after[3] == (before[2], "三", 2)
    assert after[2][0] not in before.values()
    assert after[2][1:] == ("四", 2)


def test_a_question_becomes_an_example_and_is_taken_back(shop: Shop) -> None:
    document = shop.do(note("a.md", "一")).id
    result = shop.do(AddExample(document_id=document, question=" 多少  钱 "))
    assert shop.core.ask(Chunks(), shop.rep)[0].questions == ("多少 钱",)
    assert shop.do(AddExample(document_id=document, question="多少 钱")).view == "unchanged"
    shop.do(UndoLast(undo_id=result.undo_id))
    assert shop.core.ask(Chunks(), shop.rep)[0].questions == ()
    with pytest.raises(Refused):
        shop.do(AddExample(document_id=document, question="多少钱"), shop.rep)
    with pytest.raises(NotFound):
        shop.do(AddExample(document_id="nowhere", question="多少钱"))


def test_each_audience_reads_its_own(shop: Shop) -> None:
    _, customer = shop.customer()
    visitor = Actor(id="v", tenant="star", kind="visitor", unit=HERE, grants=(Grant("visitor", HERE),))
    for audience in ("public", "customer", "staff"):
        shop.do(note(f"{audience}.md", audience, audience=audience))
    assert texts(shop, visitor) == {"public"}
    assert texts(shop, customer) == {"public", "customer"}
    assert texts(shop, shop.rep) == {"public", "customer", "staff"}


def test_a_dealers_note_stays_with_the_dealer(shop: Shop) -> None:
    for unit in ("", "star.", HERE, THERE, f"{HERE}team."):
        shop.do(note(f"{unit}.md", unit or "all", unit=unit))
    assert texts(shop, shop.rep) == {"all", "star.", HERE, f"{HERE}team."}
    assert len(texts(shop, shop.job)) == 5


def test_a_note_is_valid_from_and_until(shop: Shop) -> None:
    today = date(2026, 3, 14)
    shop.do(note("past.md", "past", valid_until=date(2026, 3, 13)))
    shop.do(note("today.md", "today", valid_from=today, valid_until=today))
    shop.do(note("next.md", "next", valid_from=date(2026, 3, 15)))
    assert texts(shop, shop.rep) == {"today"}
    assert texts(shop, shop.job) == {"past", "today", "next"}


def test_another_tenant_sees_nothing(shop: Shop) -> None:
    shop.do(note("a.md", "一"))
    other = shop.core.system("moon")
    assert texts(shop, other) == set()
    assert shop.core.ask(KnowledgeVersion(), other) == 0


def test_vectors_are_kept_once_and_until_they_are_not_needed(shop: Shop) -> None:
    one, two = struct.pack("<2f", 1, 2), struct.pack("<2f", 3, 4)
    shop.do(note("a.md", "一", "二"))
    assert shop.do(SaveVectors(model="m", dim=2, vectors=(("h-一", one), ("h-二", two)))).view == 2
    assert shop.do(SaveVectors(model="m", dim=2, vectors=(("h-一", two),))).view == 0
    wanted = Vectors(model="m", hashes=("h-一", "h-二", "h-三"))
    assert shop.core.ask(wanted, shop.rep) == {"h-一": one, "h-二": two}
    assert shop.core.ask(wanted.model_copy(update={"model": "n"}), shop.rep) == {}
    assert shop.do(KeepVectors(hashes=("h-二", "h-九"))).view == 1
    assert shop.core.ask(wanted, shop.rep) == {"h-二": two}
    with pytest.raises(Invalid):
        shop.do(SaveVectors(model="m", dim=3, vectors=(("h", one),)))


def test_what_is_refused(shop: Shop) -> None:
    for wrong in (
        note("a", "一", audience="everybody"),
        note("a"),
        note(" ", "一"),
        note("a", "一", unit="star"),
    ):
        with pytest.raises(Invalid):
            shop.do(wrong)
    with pytest.raises(Refused):
        shop.do(note("a", "一"), shop.rep)


def test_places() -> None:
    assert places_of("a.b.") == ["", "a.", "a.b."]
    assert places_of("") == [""]
