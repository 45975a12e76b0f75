"""Who gets a lead: the rules as a table. Names are invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.kernel.policies import Policies
from crm_core.leads.rules import (
    Arriving,
    AssignmentPolicy,
    Candidate,
    When,
    choose_owner,
    fits,
    interest_key,
    rank,
    same_interest,
)  # fmt: skip

T = datetime(2026, 3, 14, tzinfo=UTC)
SHIPPED = Policies().model("assignment", AssignmentPolicy)


def rep(code: str, **more: Any) -> Candidate:
    return Candidate(id=code, code=code, name=code.title(), **more)


def policy(*rules: dict[str, Any], load_cap: int = 5) -> AssignmentPolicy:
    named = [{"name": f"rule{n}", "reason": {"zh": "给{name}", "en": "to {name}"}} | rule for n, rule in enumerate(rules)]
    return AssignmentPolicy.model_validate({"rules": named, "load_cap": load_cap})


ANN, BEN, CID = rep("ann"), rep("ben"), rep("cid")
TABLE: list[tuple[str, Arriving, list[Candidate], AssignmentPolicy, str | None, str]] = [
    ("source", Arriving(source="抖音直播"), [ANN, BEN],
     policy({"when": {"source": ["抖音"]}, "to": {"people": ["ben"]}}, {}), "ben", "rule0"),
    ("another source", Arriving(source="懂车帝"), [ANN, BEN],
     policy({"when": {"source": ["抖音"]}, "to": {"people": ["ben"]}}, {}), "ann", "rule1"),
    ("city", Arriving(city="上海市浦东新区"), [ANN, BEN],
     policy({"when": {"city": ["浦东"]}, "to": {"people": ["ben"]}}, {}), "ben", "rule0"),
    ("campaign", Arriving(campaign="Spring 2026"), [ANN, BEN],
     policy({"when": {"campaign": ["spring"]}, "to": {"people": ["ben"]}}, {}), "ben", "rule0"),
    ("expertise", Arriving(vehicle="蔚来ES6"), [ANN, rep("ben", expertise=("新能源",))], SHIPPED, "ben",
     "electric_specialists"),
    ("expertise in any case", Arriving(vehicle="nio es6"), [ANN, rep("ben", expertise=("Electric",))], SHIPPED, "ben",
     "electric_specialists"),
    ("nobody has the expertise", Arriving(vehicle="蔚来ES6"), [ANN, BEN], SHIPPED, "ann", "least_load"),
    ("the expert is away", Arriving(vehicle="ES6"), [ANN, rep("ben", expertise=("新能源",), away=True)], SHIPPED,
     "ann", "least_load"),
    ("least load", Arriving(), [rep("ann", load=3), rep("ben", load=1)], SHIPPED, "ben", "least_load"),
    ("equal load: who waited longest", Arriving(),
     [rep("ann", last_assigned=T), rep("ben", last_assigned=T - timedelta(hours=1))], SHIPPED, "ben", "least_load"),
    ("never had one comes first", Arriving(), [rep("ann", last_assigned=T), BEN], SHIPPED, "ben", "least_load"),
    ("away", Arriving(), [rep("ann", away=True), rep("ben", load=9)], SHIPPED, "ben", "least_load"),
    ("full", Arriving(), [rep("ann", load=5, last_assigned=None), rep("ben", load=4, last_assigned=T)],
     policy({"choose": "longest_waiting"}), "ben", "rule0"),
    ("all full: a cap leaves nobody without", Arriving(), [rep("ann", load=7), rep("ben", load=6)], policy({}), "ben",
     "rule0"),
    ("returning", Arriving(owner_id="cid"), [ANN, rep("cid", load=30)], SHIPPED, "cid", "returning_customer"),
    ("returning, but the owner left", Arriving(owner_id="gone"), [ANN, BEN], SHIPPED, "ann", "least_load"),
    ("returning, but the owner is away", Arriving(owner_id="cid"), [ANN, rep("cid", away=True)], SHIPPED, "ann",
     "least_load"),
    ("typed", Arriving(typist_id="ben"), [ANN, rep("ben", load=20)], SHIPPED, "ben", "typed_by_rep"),
    ("typed, a known customer", Arriving(typist_id="ben", owner_id="ann"), [ANN, BEN], SHIPPED, "ann",
     "returning_customer"),
    ("high score to who wins most", Arriving(score=95), [rep("ann", won=0.2), rep("ben", won=0.4), rep("cid")],
     SHIPPED, "ben", "hot_score"),
    ("score just under", Arriving(score=89.9), [rep("ann", won=0.2), rep("ben", won=0.4, load=1)], SHIPPED, "ann",
     "least_load"),
    ("no score", Arriving(), [rep("ann"), rep("ben", won=0.9, load=1)], SHIPPED, "ann", "least_load"),
    ("outside hours", Arriving(working=False), [ANN, BEN],
     policy({"when": {"working_hours": False}, "to": {"people": ["ben"]}}, {}), "ben", "rule0"),
    ("nobody works here", Arriving(), [], SHIPPED, None, "nobody_on_duty"),
    ("everybody is away", Arriving(), [rep("ann", away=True)], SHIPPED, None, "nobody_on_duty"),
]  # fmt: skip


@pytest.mark.parametrize(("lead", "people", "rules", "who", "rule"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_the_first_rule_that_finds_somebody_decides(
    lead: Arriving, people: list[Candidate], rules: AssignmentPolicy, who: str | None, rule: str
) -> None:
    choice = choose_owner(lead, people, rules)
    assert (choice.person_id, choice.rule) == (who, rule)
    assert choice.zh
    assert choice.en
    assert "{" not in choice.zh + choice.en


people_strategy = st.lists(
    st.builds(Candidate, id=st.sampled_from("abcdef"), code=st.just("x"), name=st.just("n"), away=st.booleans(),
              load=st.integers(0, 90)),
    max_size=6, unique_by=lambda p: p.id,
)  # fmt: skip


arriving = st.builds(Arriving, vehicle=st.sampled_from(["ES6", "迈腾", ""]), score=st.sampled_from([None, 95.0]))


@given(people_strategy, arriving)
def test_somebody_here_always_gets_it_and_nobody_away_ever(people: list[Candidate], lead: Arriving) -> None:
    here = {p.id for p in people if not p.away}
    choice = choose_owner(lead, people, SHIPPED)
    assert (choice.person_id in here) if here else choice.person_id is None


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8))
def test_an_import_is_spread_evenly(loads: list[int]) -> None:
    """Forty leads in a row never go to one rep while others have fewer."""
    rules, held = policy({}, load_cap=1000), {f"r{n}": load for n, load in enumerate(loads)}
    for _ in range(40):
        who = choose_owner(Arriving(), [rep(code, load=n) for code, n in held.items()], rules).person_id
        assert who is not None
        assert held[who] == min(held.values())
        held[who] += 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ES6", "es6", True), ("蔚来ES6", "ES6", True), ("2018款迈腾1.8T", "迈腾1.8T", True), ("想看ES6", "ES6", True),
        ("", "ES6", True), ("ES6", "ES8", False), ("迈腾", "帕萨特", False), ("ＥＳ６", "es 6", True),
    ],
)  # fmt: skip
def test_when_two_interests_are_one(one: str, other: str, same: bool) -> None:
    assert same_interest(interest_key(one), interest_key(other)) is same
    assert same_interest(interest_key(other), interest_key(one)) is same


def test_all_conditions_of_a_rule_must_hold() -> None:
    when = When(source=["抖音"], min_score=50)
    assert fits(when, Arriving(source="抖音", score=50))
    assert not fits(when, Arriving(source="抖音", score=49))
    assert not fits(when, Arriving(source="抖音"))
    assert not fits(when, Arriving(score=60))


def test_ties_end_in_the_same_order_everywhere() -> None:
    assert rank("least_load", ANN) < rank("least_load", BEN) < rank("least_load", CID)
