"""Folds that leave labels out, and the curve from a score to a probability."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from intents import calibrate
from intents.calibrate import MAX_LABELS, Trial


@given(st.lists(st.sampled_from("abcdefg"), min_size=3, max_size=40), st.integers(0, 3))
def test_no_example_is_trained_on_where_it_is_tested_and_absent_labels_are_absent(labels: list[str], seed: int) -> None:
    for fold in calibrate.folds(labels, seed):
        assert not set(fold.train) & set(fold.test)
        assert sorted(fold.train + fold.test) == list(range(len(labels)))
        assert not {labels[i] for i in fold.train} & fold.absent
        assert len({labels[i] for i in fold.train}) >= 2


def test_each_label_is_left_out_once() -> None:
    labels = [letter for letter in "abcdefgh" for _ in range(5)]
    left_out = Counter(label for fold in calibrate.folds(labels) for label in fold.absent)
    assert left_out == Counter("abcdefgh")


def test_an_only_example_is_asked_about_as_unforeseen_alone() -> None:
    labels = [*"aaaabbbbcccc", "d"]
    asked = [fold for fold in calibrate.folds(labels) if 12 in fold.test]
    assert [("d" in fold.absent) for fold in asked] == [True]


def test_of_many_labels_a_sample_is_taken() -> None:
    labels = [str(i) for i in range(300) for _ in range(2)]
    asked = {labels[i] for fold in calibrate.folds(labels) for i in (*fold.train, *fold.test)}
    assert len(asked) == MAX_LABELS


def test_the_curve_rises_from_wrong_to_right() -> None:
    asked = [Trial(score / 10, True, score > 40) for score in range(0, 100, 3)]
    curve = calibrate.fit(asked)
    assert curve is not None
    assert curve.slope > 0
    assert abs(curve.slope * 4.0 + curve.bias) < abs(curve.slope * 9.0 + curve.bias)


def test_without_wrong_answers_or_with_a_falling_curve_there_is_none() -> None:
    assert calibrate.fit([Trial(1.0, True, True)] * 5) is None
    assert calibrate.fit([]) is None
    assert calibrate.fit([Trial(float(i), True, i < 5) for i in range(10)]) is None
