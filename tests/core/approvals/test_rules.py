"""Who may give how much away: the shipped rules as a table, and what must hold for any."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.approvals.rules import ApprovalPolicy, Candidate, choose, covers, decide, percent, vote
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Policies

POLICY = Policies().model("approvals", ApprovalPolicy)


@pytest.mark.parametrize(
    ("roles", "yuan", "rule", "asks"),
    [
        (["rep"], 1, "rep_limit", False),
        (["rep"], 5_000, "rep_limit", False),
        (["rep"], 5_001, "over_5000", True),
        (["rep"], 20_000, "over_5000", True),
        (["rep"], 20_001, "over_20000", True),
        (["manager"], 20_000, "manager_own", False),
        (["manager"], 20_001, "over_20000", True),
        (["rep", "manager"], 8_000, "manager_own", False),
        ([], 1, "over_5000", True),
        (["service"], 300, "over_5000", True),
    ],
)
def test_the_shipped_rules(roles: list[str], yuan: int, rule: str, asks: bool) -> None:
    ruling = decide(POLICY, roles, yuan * 100)
    assert (ruling.rule, ruling.needs_approval) == (f"approvals.yaml: {rule}", asks)


NEAR, FAR, TOP = Candidate("near", 3, False), Candidate("far", 2, False), Candidate("top", 1, False)
AWAY = Candidate("near", 3, True)


@pytest.mark.parametrize(
    ("people", "yuan", "asked", "chosen"),
    [
        ([NEAR, FAR], 8_000, [], "near"),
        ([AWAY, FAR], 8_000, [], "far"),
        ([AWAY], 8_000, [], "near"),
        ([NEAR, FAR], 30_000, [], "far"),
        ([NEAR, FAR, TOP], 60_000, [], "top"),
        ([NEAR, FAR], 60_000, [], "far"),
        ([NEAR, FAR], 8_000, ["near"], "far"),
        ([NEAR], 8_000, ["near"], None),
        ([], 8_000, [], None),
    ],
)
def test_whom_to_ask(people: list[Candidate], yuan: int, asked: list[str], chosen: str | None) -> None:
    found = choose(people, POLICY, yuan * 100, asked)
    assert (found.person_id if found else None) == chosen


@pytest.mark.parametrize(
    ("decision", "amount", "state", "granted"),
    [
        ("approve", None, "approved", 800),
        ("reject", None, "rejected", None),
        ("reject", 500, "rejected", None),
        ("counter", 500, "countered", 500),
        ("counter", 800, "approved", 800),
        ("counter", 900, "approved", 800),
        ("approve", 500, "countered", 500),
    ],
)
def test_what_a_decision_comes_to(decision: str, amount: int | None, state: str, granted: int | None) -> None:
    outcome = vote(decision, 800, amount)
    assert (outcome.state, outcome.granted_fen) == (state, granted)


@pytest.mark.parametrize("amount", [None, 0, -1])
def test_a_counter_offer_needs_an_amount(amount: int | None) -> None:
    with pytest.raises(ValueError, match="amount"):
        vote("counter", 800, amount)


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.sampled_from(["approve", "counter"]))
def test_nobody_grants_more_than_was_asked(requested: int, amount: int, decision: str) -> None:
    granted = vote(decision, requested, amount).granted_fen
    assert granted is not None
    assert 0 < granted <= requested


@given(st.integers(1, 10**12), st.lists(st.sampled_from(["rep", "manager", "tech", "admin"]), max_size=3))
def test_without_a_rule_that_says_so_nothing_is_free(amount: int, roles: list[str]) -> None:
    free = not decide(POLICY, roles, amount).needs_approval
    limit = max((500_000 * ("rep" in roles), 2_000_000 * ("manager" in roles)))
    assert free is (amount <= limit)


def test_no_limit_covers_everything() -> None:
    assert covers(None, 10**15)
    assert not covers(100, 101)


def test_percent() -> None:
    assert percent(800_000, 23_990_000) == 3.33
    assert percent(1, 0) == 0.0


def test_rules_that_let_somebody_through_unseen_are_refused(tmp_path: Path) -> None:
    (tmp_path / "approvals.yaml").write_text(
        "rules:\n  - {name: all, approver: none, why: {zh: 好, en: fine}}\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError) as error:
        Policies(tmp_path).model("approvals", ApprovalPolicy)
    assert error.value.where == "approvals.yaml:1"
    assert "last rule" in error.value.what


def test_a_unit_may_have_its_own_limit(tmp_path: Path) -> None:
    (tmp_path / "approvals.yaml").write_text(
        "overrides:\n  - unit: starway.east.\n    set: {manager_limit: 8000}\n", encoding="utf-8"
    )
    policies = Policies(tmp_path)
    assert policies.model("approvals", ApprovalPolicy, unit="starway.east.x.").limit_at(3) == 800_000
    assert policies.model("approvals", ApprovalPolicy, unit="starway.west.x.").limit_at(3) == 2_000_000
