"""`POST /api/leads`: statuses other programs rely on, and one effect however often something is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from crm_core.api import Core
from crm_core.customers.tables import Customer
from crm_core.leads.tables import Lead, Touch
from tests.support.site import KEY, Site, served, settle_group

ZHANG = {"name": "张伟", "phone": "13800138000", "vehicle": "ES6", "source": "抖音", "city": "上海",
         "message": "周六下午想试驾", "utm": {"campaign": "spring", "medium": "video"}}  # fmt: skip


def count(core: Core, table: type[Any]) -> int:
    with core.database.read() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar() or 0)


def test_a_new_lead_gets_an_owner_and_says_which_rule_chose_him(site: Site) -> None:
    answer = site.lead(ZHANG, once="k-1")
    assert answer.status_code == 201
    found = answer.json()
    assert found["owner"] == "rep1"
    assert found["owner_name"] == "陈晓明"
    assert found["rule"].startswith("assignment.yaml: ")
    assert "陈晓明" in found["reason"]
    assert found["id"]
    assert found["warnings"] == []
    assert not found["duplicate"]


def test_the_owner_has_the_card_within_a_second(site: Site) -> None:
    with site.page("rep1") as page:
        site.lead(ZHANG)
        page.until(lambda: page.cards("lead"), patience=1.0, what="the card")
        labels = [b["label"] for b in page.cards("lead")[0]["buttons"]]
        assert labels == ["已联系", "改约", "转派", "战败"]


def test_same_key_and_body_is_answered_again(site: Site) -> None:
    first, second = site.lead(ZHANG, once="k-1"), site.lead(ZHANG, once="k-1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert count(site.core, Touch) == 1


def test_same_key_with_another_body_is_refused(site: Site) -> None:
    site.lead(ZHANG, once="k-1")
    assert site.lead(ZHANG | {"name": "张伟伟"}, once="k-1").status_code == 409
    assert count(site.core, Lead) == 1


def test_a_new_key_with_the_same_phone_and_interest_is_one_more_touch(site: Site) -> None:
    first, second = site.lead(ZHANG, once="k-1"), site.lead(ZHANG | {"source": "官网"}, once="k-2")
    assert second.status_code == 200
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["duplicate"]
    assert (count(site.core, Lead), count(site.core, Touch), count(site.core, Customer)) == (1, 2, 1)


def test_another_interest_of_a_known_phone_is_another_lead_of_one_customer(site: Site) -> None:
    site.lead(ZHANG)
    answer = site.lead(ZHANG | {"vehicle": "宝马X5"})
    assert answer.status_code == 201
    assert (count(site.core, Lead), count(site.core, Customer)) == (2, 1)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic ZGVtbzo=", f"bearer{KEY}", "Bearer demo"])
def test_without_a_valid_key_nobody_comes_in(front: Site, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = front.http.post("/api/leads", json=ZHANG, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert count(front.core, Lead) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 5}, "name"),
        ({"phone": 13800138000}, "phone"),
        ({"phone": ["13800138000"]}, "phone"),
        ({"vehicle": None}, "vehicle"),
        ({"name": "x" * 121}, "name"),
        ({"message": {"a": 1}}, "message"),
        ({"utm": "campaign"}, "utm"),
        ({"utm": {"campaign": 3}}, "utm"),
        ({"utm": {"campaign": "x" * 501}}, "utm"),
        ({"score": "high"}, "score"),
        ({"score": 101}, "score"),
        ({"event_time": "2026-03-14T10:00:00"}, "event_time"),
        ({"event_time": "yesterday"}, "event_time"),
        ({"event_time": "0001-01-01T00:00:00+08:00"}, "event_time"),
        ({"name": "", "phone": ""}, "phone"),
        ({"name": "half a pair \ud83d"}, "name"),
    ],
)
def test_a_wrong_value_names_its_field_and_is_not_repeated(front: Site, change: dict[str, Any], field: str) -> None:
    import json

    answer = front.http.post("/api/leads", content=json.dumps(ZHANG | change),
                             headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code == 422
    assert field in [part for problem in answer.json()["detail"] for part in problem["loc"]]
    assert "13800138000" not in answer.text


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff\xfe", b'{"score": NaN}', b"[" * 20_000, b""])
def test_what_is_no_object_is_a_clear_refusal(front: Site, body: bytes) -> None:
    answer = front.http.post("/api/leads", content=body,
                             headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


def test_too_large_a_body_is_refused_before_it_is_read(front: Site) -> None:
    assert front.lead(ZHANG | {"message": "长" * 70_000}).status_code == 413


def test_a_body_that_grows_too_large_on_the_way_is_refused(front: Site) -> None:
    def chunks() -> Any:
        for _ in range(80):
            yield b" " * 1024

    answer = front.http.post("/api/leads", content=chunks(), headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 413


@pytest.mark.parametrize("phone", ["1380013800", "not a phone", "12345"])
def test_an_implausible_phone_is_kept_as_said_with_a_warning(site: Site, phone: str) -> None:
    answer = site.lead({"name": "李雷", "phone": phone, "vehicle": "ET5"})
    assert answer.status_code == 201
    assert "phone" in answer.json()["warnings"][0]
    with site.page("rep1") as page:
        page.until(lambda: any(phone in f["v"] for c in page.cards("lead") for f in c["fields"]), what="his number")


def test_nul_characters_do_not_reach_a_database(site: Site) -> None:
    assert site.lead({"name": "王\x00芳", "phone": "13800138009", "utm": {"a\x00": "b\x00"}}).status_code == 201


def test_fifty_identical_leads_at_once_are_one_customer_with_one_owner(core: Core) -> None:
    settle_group(core)
    with served(core) as site, ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda n: site.lead(ZHANG, once=f"k-{n}"), range(50)))
    assert sorted({a.status_code for a in answers}) == [200, 201]
    assert sum(a.status_code == 201 for a in answers) == 1
    assert len({(a.json()["id"], a.json()["owner"]) for a in answers}) == 1
    assert (count(core, Lead), count(core, Customer), count(core, Touch)) == (1, 1, 50)


def test_fifty_times_the_same_request_at_once_is_one_touch(core: Core) -> None:
    settle_group(core)
    with served(core) as site, ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: site.lead(ZHANG, once="the-same"), range(50)))
    assert sum(a.status_code == 201 for a in answers) == 1
    assert (count(core, Lead), count(core, Touch)) == (1, 1)
