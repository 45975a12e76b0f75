"""What `/health` says of work that stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.api import Core
from tests.support.site import served


def test_a_web_process_says_who_does_not_work(small: Core) -> None:
    with served(small, role="web") as site:
        assert site.http.get("/health").json()["troubles"] == [{"kind": "no_worker"}]
        now = small.now()
        small.workers.beat("host:7", "worker", "0.2", now, now)
        assert site.http.get("/health").json()["troubles"] == []
        small.workers.beat("host:7", "worker", "0.2", now - timedelta(minutes=2), now)
        answer = site.http.get("/health")
        assert answer.json()["troubles"] == [{"kind": "worker_silent", "what": "host:7"}]
        assert answer.status_code == 200, "it can serve all the same"


def test_a_working_process_names_what_the_audit_found(small: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(small) as site:
        small.leases.remember("deliveries", "paused:restored", small.now())
        site.house._works.audit()  # type: ignore[attr-defined]
        (trouble,) = site.http.get("/health").json()["troubles"]
        assert trouble["kind"] == "paused"
        assert [w.role for w in small.workers.all(small.now())] == ["all"]
    assert small.workers.all(small.now()) == [], "a clean end takes its row with it"
