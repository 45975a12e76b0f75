"""Drafts: nobody reads them before somebody who may publish has looked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.api import Core
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.tables import Outbox
from crm_core.knowledge.messages import (
    Chunks,
    Documents,
    DraftCard,
    Drafts,
    FindingIn,
    KnowledgeOwners,
    ProposeDocument,
    PublishDocument,
    ReviewDraft,
    SetDraftAudience,
)
from crm_core.knowledge.tables import DocumentDraft
from crm_core.org.messages import AddPerson
from tests.core.fitment.shop import HERE, Shop
from tests.core.knowledge.test_knowledge import note


@pytest.fixture
def shop(core: Core) -> Shop:
    return Shop(core)


def person(shop: Shop, code: str, role: str) -> Any:
    shop.do(AddPerson(code=code, name=code, role=role, unit=HERE))
    return shop.core.actor(code)


def draft(source: str, *texts: str, **more: object) -> ProposeDocument:
    return ProposeDocument.model_validate(note(source, *texts).model_dump() | more)


def pushed(core: Core) -> list[tuple[str, str]]:
    with Session(core.database.engine) as session:
        rows = session.exec(select(Outbox).where(Outbox.kind == "document_draft")).all()
        return [(row.person_id, row.subject) for row in rows]


def test_a_draft_is_read_by_nobody_until_it_is_published_once(shop: Shop) -> None:
    admin, tech = person(shop, "adm", "admin"), person(shop, "tec", "tech")
    found = FindingIn(kind="hidden", detail="tiny", times=2)
    view = shop.do(draft("a.md", "一", "二", findings=(found,)), tech).view
    assert (view.state, view.pieces, view.added, view.version, view.author_name) == ("waiting", 2, 2, 1, "tec")
    assert (view.findings, view.may_decide) == ((found,), False)
    assert shop.core.ask(Chunks(), shop.job) == []
    assert pushed(shop.core) == [(admin.id, f"draft:{view.id}")]
    with pytest.raises(Refused):
        shop.do(ReviewDraft(draft_id=view.id, publish=True), tech)
    done = shop.do(ReviewDraft(draft_id=view.id, publish=True), admin).view
    assert (done.state, done.decider_name) == ("published", "adm")
    assert [chunk.text for chunk in shop.core.ask(Chunks(), shop.rep)] == ["一", "二"]
    with pytest.raises(Conflict):
        shop.do(ReviewDraft(draft_id=view.id, publish=False), admin)


def test_a_card_says_what_changed_against_the_present_version(shop: Shop) -> None:
    admin = person(shop, "adm", "admin")
    shop.do(note("a.md", "一", "二", "三"))
    view = shop.do(draft("a.md", "一", "四"), admin).view
    assert (view.added, view.removed, view.same, view.version) == (1, 2, 1, 2)
    assert pushed(shop.core) == []
    shop.do(ReviewDraft(draft_id=view.id, publish=False), admin)
    assert [chunk.text for chunk in shop.core.ask(Chunks(), shop.rep)] == ["一", "二", "三"]
    with Session(shop.core.database.engine) as session:
        assert [row.content_enc for row in session.exec(select(DocumentDraft))] == [None]


def test_a_later_draft_replaces_an_earlier_one(shop: Shop) -> None:
    admin = person(shop, "adm", "admin")
    first = shop.do(draft("a.md", "一"), admin).view
    second = shop.do(draft("a.md", "二"), admin).view
    assert [one.id for one in shop.core.ask(Drafts(), admin)] == [second.id]
    assert shop.core.ask(DraftCard(draft_id=first.id), admin).state == "replaced"
    with pytest.raises(Conflict):
        shop.do(ReviewDraft(draft_id=first.id, publish=True), admin)


def test_its_audience_may_be_chosen_before_it_is_published(shop: Shop) -> None:
    admin = person(shop, "adm", "admin")
    view = shop.do(draft("a.md", "一", audience="public"), admin).view
    with pytest.raises(Invalid):
        shop.do(SetDraftAudience(draft_id=view.id, audience="everybody"), admin)
    assert shop.do(SetDraftAudience(draft_id=view.id, audience="staff"), admin).view.audience == "staff"
    shop.do(ReviewDraft(draft_id=view.id, publish=True), admin)
    assert [one.audience for one in shop.core.ask(Documents(), shop.rep)] == ["staff"]


def test_who_may_not_hears_who_may(shop: Shop) -> None:
    person(shop, "adm", "admin")
    with pytest.raises(Refused):
        shop.do(draft("a.md", "一"), shop.rep)
    assert shop.core.ask(KnowledgeOwners(), shop.rep) == ["adm"]
    _, customer = shop.customer()
    assert shop.core.ask(KnowledgeOwners(), customer) == []
    view = shop.do(draft("b.md", "一")).view
    with pytest.raises(NotFound):
        shop.core.ask(DraftCard(draft_id=view.id), shop.rep)


def test_documents_are_listed_with_their_version_for_those_who_may_read_them(shop: Shop) -> None:
    shop.do(note("a.md", "一", "二"))
    shop.do(note("a.md", "一", "三"))
    shop.do(note("b.md", "四", audience="staff"))
    _, customer = shop.customer()
    [listed] = shop.core.ask(Documents(), customer)
    assert (listed.source, listed.version, listed.pieces) == ("a.md", 2, 2)
    assert len(shop.core.ask(Documents(), shop.rep)) == 2
    assert [one.source for one in shop.core.ask(Documents(words="B"), shop.rep)] == ["b.md"]
    assert isinstance(note("a", "b"), PublishDocument)
