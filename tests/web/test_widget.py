"""A visitor on a dealer's site: asks, is known again by a token, and becomes a lead with its origin."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from websockets.exceptions import ConnectionClosed

from bot.channels.webchat import talk
from bot.channels.webchat.pace import Pace
from crm_core.api import Core
from crm_core.leads.tables import Lead, Touch
from crm_core.org.tables import Person
from tests.support.site import Site

FROM = {
    "page": "https://dealer.example/es6",
    "referrer": "https://search.example/",
    "utm": {"source": "douyin", "campaign": "spring"},
}


def touches(core: Core) -> list[Touch]:
    with core.database.read() as session:
        return list(session.execute(select(Touch)).scalars())


def visitors(core: Core) -> int:
    with core.database.read() as session:
        return int(session.execute(select(func.count()).where(Person.kind == "visitor")).scalar() or 0)


def test_a_visitor_is_somebody_without_a_cookie(site: Site) -> None:
    with site.widget(**{"from": FROM}) as page:
        assert (page.me["role"], page.me["people"], page.me["demo"]) == ("visitor", None, False)
        assert page.me["token"]
        page.say("你好")
    with site.widget(token=page.me["token"]) as again:
        assert again.me["token"]
        assert again.sees("你好")
    with site.widget(token="forged") as other:
        assert other.me["token"] != page.me["token"]
        assert not other.messages
    assert visitors(site.core) == 2


def test_an_employees_session_is_no_visitors_token(site: Site) -> None:
    cookie = site.cookie("rep1").partition("=")[2]
    rep = site.core.actor("rep1")
    for token in (cookie, site.house.sessions.for_visitor(rep.tenant, rep.id)):
        with site.widget(token=token) as page:
            assert page.me["role"] == "visitor"
            assert page.me["id"] != rep.id
            assert "陈晓明" not in page.me["name"]


def test_a_number_left_in_the_chat_is_a_lead_with_its_origin(site: Site) -> None:
    with site.page("rep1") as rep, site.widget(**{"from": FROM}) as page:
        page.say("我叫方晓，电话13700137001，想试驾ES6")
        rep.until(lambda: rep.cards("lead"), what="the card")
        assert any("13700137001" in f["v"] for f in rep.cards("lead")[0]["fields"])
        assert "13700137001" not in page.last()
    (touch,) = touches(site.core)
    assert (touch.channel, touch.campaign) == ("widget", "spring")
    assert touch.referrer == FROM["page"]
    assert touch.utm == FROM["utm"]


def test_the_form_counts_only_with_consent(site: Site) -> None:
    with site.widget() as page:
        page.say("方晓 13700137002", contact={"name": "方晓", "phone": "13700137002", "consent": True})
    with site.core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Lead)).scalar() == 1


def test_a_visitor_sees_no_customer_and_gets_no_buttons_of_others(site: Site) -> None:
    site.lead({"name": "张伟", "phone": "13800138000", "vehicle": "ES6"})
    with site.widget() as page:
        known, unknown = [page.say(f"{name}买车了吗") and page.last() for name in ("张伟", "宋青书")]
        assert known.replace("张伟", "") == unknown.replace("宋青书", "")
        assert "13800138000" not in page.story()
        page.say("今天的线索")
        assert "张伟" not in page.last()


def test_pictures_cannot_be_sent_by_visitors(site: Site) -> None:
    answer = site.http.post("/media", content=b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "image/png"})
    assert answer.status_code == 401


def test_a_flood_of_new_visitors_is_stopped(site: Site) -> None:
    from bot.web import pages

    def flood() -> None:
        for _ in range(pages.VISITORS_AT_ONCE + 5):
            site.widget().close()

    with site.widget() as known:
        with pytest.raises(ConnectionClosed, match="1013"):
            flood()
        assert visitors(site.core) <= pages.VISITORS_AT_ONCE + 2
        with site.widget(token=known.me["token"]) as again:
            assert again.me["id"] == known.me["id"]


def test_a_flood_of_messages_is_refused_and_the_rest_kept(site: Site) -> None:
    # However slowly the flood comes, no time passes.
    site.house.door.pace = Pace(talk.BURST, 0)
    with site.widget() as page:
        for n in range(90):
            page.send({"t": "say", "id": f"m{n}", "text": "？？"})
        page.until(lambda: len(page.acked) + len(page.refused) == 90, what="an answer to each")
        assert (len(page.acked), len(page.refused)) == (talk.BURST, 90 - talk.BURST)


def test_the_pace_fills_again() -> None:
    now = [0.0]
    pace = Pace(2, 0.5, lambda: now[0])
    assert [pace.allow("a") for _ in range(3)] == [True, True, False]
    assert pace.allow("b")
    now[0] = 2.0
    assert [pace.allow("a") for _ in range(2)] == [True, False]
