"""The verdict, beside an oracle that tries every vehicle the unknown could stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.fitment.rules import (
    OTHER,
    Facts,
    Row,
    judge,
    merge,
    position_fits,
    successors,
)
from crm_core.fitment.spans import Span, after, before, pieces, read_span

ENGINES = ("CUF", "CUG")
TRIMS = ("舒适型", "豪华型")
OPTIONS = ("1ZE", "1LJ")
MONTHS = ("2018-01", "2018-02", "2018-03", "2018-04")
SERIALS = ("000001", "000002", "000003")


def spans(ends: tuple[str, ...]) -> st.SearchStrategy[Span]:
    def ordered(pair: tuple[str, str]) -> Span:
        low, high = pair
        return Span(high, low) if low and high and low > high else Span(low, high)

    return st.tuples(st.sampled_from(("", *ends)), st.sampled_from(("", *ends))).map(ordered)


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Row]:
    count = draw(st.integers(0, 5))
    return [
        Row(
            id=str(i), part_id="p", fits=draw(st.booleans()), engines=draw(some(ENGINES)), trims=draw(some(TRIMS)),
            options=draw(some(OPTIONS)), month=draw(spans(MONTHS)), vin=draw(spans(SERIALS)),
        )
        for i in range(count)
    ]  # fmt: skip


known = st.builds(
    Facts,
    engines=st.frozensets(st.sampled_from(ENGINES), max_size=1),
    trims=st.frozensets(st.sampled_from(TRIMS), max_size=1),
    options=st.frozensets(st.sampled_from(OPTIONS), max_size=1),
    month=spans(MONTHS),
    vin=spans(SERIALS),
)


def completions(facts: Facts) -> Iterator[tuple[str, str, frozenset[str], str, str]]:
    """Every whole vehicle that the facts leave possible: engine, trim, options, month, production number."""
    engines = facts.engines or (*ENGINES, "else")
    trims = facts.trims or (*TRIMS, "else")
    options = [
        frozenset(chosen) | facts.options for chosen in (frozenset[str](), {"1ZE"}, {"1LJ"}, {"1ZE", "1LJ"})
    ]
    months = [m for m in MONTHS if _in(m, facts.month)]
    serials = [s for s in SERIALS if _in(s, facts.vin)]
    yield from product(engines, trims, options, months, serials)


def _in(value: str, span: Span) -> bool:
    return (not span.low or value >= span.low) and (not span.high or value <= span.high)


def truth(row: Row, car: tuple[str, str, frozenset[str], str, str]) -> bool:
    engine, trim, options, month, serial = car
    return (
        (not row.engines or engine in row.engines)
        and (not row.trims or trim in row.trims)
        and (not row.options or bool(set(row.options) & options))
        and _in(month, row.month)
        and _in(serial, row.vin)
    )


@settings(max_examples=200, deadline=None)
@given(catalogues(), known)
def test_fits_is_said_only_when_it_is_so_whatever_is_unknown(rows: list[Row], facts: Facts) -> None:
    judged = judge(rows, facts, catalogue_knows=True)
    cars = list(completions(facts))
    fits = [any(truth(r, car) for r in rows if r.fits) for car in cars]
    denied = [any(truth(r, car) for r in rows if not r.fits) for car in cars]
    if judged.verdict == "fits":
        assert all(fits)
        assert not any(denied)
    if judged.verdict == "does_not_fit" and not any(denied):
        assert not any(fits)
    if judged.verdict == "fits_if":
        assert judged.unknown


@settings(max_examples=100, deadline=None)
@given(catalogues(), known)
def test_answering_every_question_ends_without_one(rows: list[Row], facts: Facts) -> None:
    """Whichever chip is pressed, a few answers lead to a verdict that asks no more."""
    for pick in (0, -1):
        now = facts
        for _ in range(8):
            judged = judge(rows, now)
            if judged.verdict != "fits_if":
                break
            qualifier, choices = judged.unknown[0]
            now = replace(now, answers=now.answers | {qualifier: choices[pick]})
        assert judge(rows, now).verdict != "fits_if"


YES = Row(id="y", part_id="p")
NO = Row(id="n", part_id="p", fits=False)


@pytest.mark.parametrize(
    ("rows", "facts", "verdict"),
    [
        ([], Facts(), "no_data"),
        ([YES], Facts(), "fits"),
        ([NO], Facts(), "does_not_fit"),
        ([YES, NO], Facts(), "no_data"),
        ([replace(YES, options=("1ZE",))], Facts(), "fits_if"),
        ([replace(YES, options=("1ZE",))], Facts(options=frozenset({"1ZE"})), "fits"),
        ([replace(YES, options=("1ZE",))], Facts(options=frozenset({"1JA"})), "fits_if"),
        ([replace(YES, options=("1ZE",))], Facts(answers={"option_code": OTHER}), "does_not_fit"),
        ([replace(YES, engines=("CUF",))], Facts(engines=frozenset({"CUG"})), "does_not_fit"),
        ([replace(YES, engines=("CUF",))], Facts(engine_names=frozenset({"EA888"})), "fits_if"),
        ([YES, replace(NO, options=("1LJ",))], Facts(), "fits_if"),
        ([YES, replace(NO, options=("1LJ",))], Facts(options=frozenset({"1LJ"})), "does_not_fit"),
        ([YES, replace(NO, options=("1LJ",))], Facts(answers={"option_code": OTHER}), "fits"),
        ([replace(YES, options=("1ZE",)), NO], Facts(options=frozenset({"1ZE"})), "no_data"),
        ([replace(NO, options=("1LJ",))], Facts(), "no_data"),
        ([replace(YES, vin=Span("140001", ""))], Facts(vin=Span("138206", "138206")), "does_not_fit"),
        ([replace(YES, vin=Span("140001", ""))], Facts(vin=Span("140001", "140001")), "fits"),
        ([replace(YES, month=Span("", "2018-06"))], Facts(month=Span("2017-08", "2018-11")), "fits_if"),
        ([replace(YES, month=Span("", "2018-12"))], Facts(month=Span("2017-08", "2018-11")), "fits"),
        ([replace(YES, month=Span("", "2018-06"))], Facts(answers={"month": "..2018-06"}), "fits"),
        ([replace(YES, position="rear", part_position="rear")], Facts(), "fits"),
        ([replace(YES, position="rear", part_position="rear")], Facts(position="front"), "does_not_fit"),
        ([replace(YES, vin=Span("LFV3A23C0J3138206", ""))], Facts(vin=Span("138206", "138206")), "fits_if"),
    ],
)
def test_verdicts(rows: list[Row], facts: Facts, verdict: str) -> None:
    assert judge(rows, facts, catalogue_knows=True).verdict == verdict


def test_without_another_part_in_the_catalogue_contradiction_is_no_data() -> None:
    rows = [replace(YES, engines=("CUF",))]
    assert judge(rows, Facts(engines=frozenset({"CUG"}))).verdict == "no_data"


def test_contradicting_rows_are_reported() -> None:
    judged = judge([YES, NO], Facts())
    assert judged.contradiction
    assert {row.id for row in judged.rows} == {"y", "n"}


def test_choices_of_a_range_leave_nothing_open() -> None:
    rows = [replace(YES, vin=Span("", "140000")), replace(YES, id="z", vin=Span("140001", ""))]
    judged = judge(rows, Facts())
    assert judged.unknown == (("vin", ("..140000", "140001..")),)
    assert all(
        judge(rows, Facts(answers={"vin": choice})).verdict == "fits" for choice in judged.unknown[0][1]
    )


@given(st.lists(spans(MONTHS), min_size=1, max_size=4))
def test_pieces_lie_wholly_inside_or_outside(ranges: list[Span]) -> None:
    for piece in pieces(ranges):
        for span in ranges:
            inside = {_in(m, span) for m in MONTHS if _in(m, piece)}
            assert len(inside) <= 1


@pytest.mark.parametrize(
    ("end", "following"), [("2018-12", "2019-01"), ("140000", "140001"), ("A00009", "A00010")]
)
def test_steps(end: str, following: str) -> None:
    assert after(end) == following
    assert before(following) == end


def test_spans_are_read_as_they_are_shown() -> None:
    for span in (Span("a", "b"), Span("", "b"), Span("a", ""), Span("a", "a")):
        assert read_span(str(span)) == span


@pytest.mark.parametrize(
    ("graph", "chain"),
    [
        ({"A": ["B"], "B": ["C"]}, ["B", "C"]),
        ({"A": ["B"], "B": ["A"]}, ["B"]),
        ({"A": ["A"]}, []),
        ({"A": ["B", "C"]}, []),
        ({"A": ["B"], "B": ["C"], "C": ["B"]}, ["B", "C"]),
        ({}, []),
    ],
)
def test_chains_end(graph: dict[str, list[str]], chain: list[str]) -> None:
    assert successors("A", graph) == chain


@pytest.mark.parametrize(
    ("ours", "asked", "fits"),
    [("front_left", "front", True), ("front", "rear", False), ("", "rear", True), ("front", "front_left", False),
     ("rear_left", "left", True), ("front", "", True)],
)  # fmt: skip
def test_positions(ours: str, asked: str, fits: bool) -> None:
    assert position_fits(ours, asked) is fits


def test_models_that_disagree_make_a_condition_never_a_fit() -> None:
    assert merge(["fits", "does_not_fit"]) == "fits_if"
    assert merge(["fits", "no_data"]) == "fits_if"
    assert merge(["does_not_fit", "no_data"]) == "no_data"
    assert merge(["fits", "fits"]) == "fits"
