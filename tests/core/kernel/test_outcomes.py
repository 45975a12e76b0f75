"""What follows from what was heard, by class and platform."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.kernel.outcomes import GIVE_UP, Heard, MessageClass, Outcome, Tried, backoff, class_of, decide
from crm_core.kernel.refs import find_refs, ref_of, without_refs
from tests.conftest import NOW

REPLY, CHANGE, MUST, NICE = MessageClass
ACCEPTED, NOT_NOW, NEVER, UNKNOWN = Heard
SENT, RETRY, UNCERTAIN, DEAD, _UNWANTED = Outcome
# WeCom drops a body it knows for four hours; Telegram never does.
WECOM, TELEGRAM = timedelta(hours=4), None
SOON, LATE = timedelta(minutes=1), timedelta(hours=3, minutes=30)


def tried(cls: MessageClass, *, tries: int = 1, doubts: int = 0, age: timedelta = SOON) -> Tried:
    return Tried(cls, tries, doubts, NOW - age)


@pytest.mark.parametrize("window", [WECOM, TELEGRAM])
@pytest.mark.parametrize("cls", MessageClass)
@pytest.mark.parametrize(
    ("heard", "tries", "doubts", "age", "outcome"),
    [
        (ACCEPTED, 1, 0, SOON, SENT),
        (ACCEPTED, 3, 2, LATE, SENT),
        (NOT_NOW, 1, 0, SOON, RETRY),
        (NOT_NOW, 99, 0, GIVE_UP - SOON, RETRY),
        (NOT_NOW, 2, 0, GIVE_UP, RETRY),
        (NOT_NOW, 8, 0, GIVE_UP, DEAD),
        (NOT_NOW, 9, 1, GIVE_UP, UNCERTAIN),
        (NEVER, 1, 0, SOON, DEAD),
        (NEVER, 2, 1, SOON, UNCERTAIN),
    ],
)
def test_what_is_sure_is_the_same_for_all(
    heard: Heard, tries: int, doubts: int, age: timedelta, outcome: Outcome, cls: MessageClass,
    window: timedelta | None,
) -> None:  # fmt: skip
    decided = decide(heard, tried(cls, tries=tries, doubts=doubts, age=age), NOW, window=window)
    assert decided.outcome is outcome
    assert (decided.retry_at is not None) == (outcome is RETRY)


@pytest.mark.parametrize(
    ("cls", "window", "doubts", "age", "outcome"),
    [
        # The same body is dropped there: sent again whatever it is, but not to the last minute of the window.
        *[(cls, WECOM, doubts, SOON, RETRY) for cls in (REPLY, MUST, NICE) for doubts in (1, 5)],
        *[(cls, WECOM, 1, LATE, UNCERTAIN) for cls in (REPLY, MUST, NICE)],
        # It would arrive twice there: once more, marked, what people must know; never what is nice to know.
        *[(cls, TELEGRAM, 1, age, RETRY) for cls in (REPLY, MUST) for age in (SOON, LATE)],
        *[(cls, TELEGRAM, 2, SOON, UNCERTAIN) for cls in (REPLY, MUST)],
        *[(NICE, TELEGRAM, 1, age, UNCERTAIN) for age in (SOON, LATE)],
        # Drawing a card again does no harm.
        *[(CHANGE, window, doubts, LATE, RETRY) for window in (WECOM, TELEGRAM) for doubts in (1, 9)],
        *[(CHANGE, window, 9, GIVE_UP, UNCERTAIN) for window in (WECOM, TELEGRAM)],
    ],
)
def test_nobody_knows_whether_it_arrived(
    cls: MessageClass, window: timedelta | None, doubts: int, age: timedelta, outcome: Outcome
) -> None:
    assert (
        decide(UNKNOWN, tried(cls, tries=doubts, doubts=doubts, age=age), NOW, window=window).outcome
        is outcome
    )


def test_a_platform_is_left_alone_as_long_as_it_asks() -> None:
    decided = decide(NOT_NOW, tried(MUST), NOW, retry_after=timedelta(seconds=37))
    assert decided.retry_at == NOW + timedelta(seconds=37)


def test_waits_grow_to_ten_minutes() -> None:
    assert [backoff(n).total_seconds() for n in (1, 2, 3, 9, 10, 1000)] == [2, 4, 8, 512, 600, 600]


def test_a_resend_falls_inside_the_window() -> None:
    """The wait before the next try counts: what would be sent too late is uncertain now."""
    age = timedelta(hours=3, minutes=25)
    assert decide(UNKNOWN, tried(MUST, tries=2, doubts=2, age=age), NOW, window=WECOM).outcome is RETRY
    assert decide(UNKNOWN, tried(MUST, tries=12, doubts=2, age=age), NOW, window=WECOM).outcome is UNCERTAIN


@given(
    cls=st.sampled_from(MessageClass), first=st.integers(0, 60 * 48), window=st.sampled_from([WECOM, TELEGRAM]),
    heard=st.lists(st.sampled_from([NOT_NOW, UNKNOWN]), min_size=1, max_size=400),
)  # fmt: skip
def test_every_message_ends(
    cls: MessageClass, first: int, window: timedelta | None, heard: list[Heard]
) -> None:
    """However long a platform refuses or is silent, tries end, and none is planned for the past."""
    began = NOW + timedelta(minutes=first)
    now: datetime = began
    doubts = 0
    for tries, one in enumerate(heard, 1):
        doubts += one is UNKNOWN
        decided = decide(one, Tried(cls, tries, doubts, began), now, window=window)
        if decided.outcome is not RETRY:
            assert decided.outcome is (UNCERTAIN if doubts else DEAD)
            return
        assert decided.retry_at is not None
        assert decided.retry_at > now
        if window is None and cls in (REPLY, MUST):
            assert doubts <= 1, "sent at most once more"
        assert not (window is None and cls is NICE and doubts), "never sent twice"
        now = decided.retry_at
    assert now - began < GIVE_UP + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("kind", "priority", "cls"),
    [
        ("@reply", 0, REPLY),
        ("@refresh", 1, CHANGE),
        ("lead", 1, MUST),
        ("task_due", 2, NICE),
        ("digest", 3, NICE),
    ],
)
def test_classes(kind: str, priority: int, cls: MessageClass) -> None:
    assert class_of(kind, priority) is cls


# References


@given(st.integers(1, 2**53))
def test_a_reference_names_one_message(outbox_id: int) -> None:
    ref = ref_of(outbox_id)
    assert find_refs(f"收到 {ref}，谢谢") == [outbox_id]
    assert find_refs(ref.lower()) == [outbox_id]
    assert without_refs(f"收到 {ref}") == "收到"


def test_references_are_short() -> None:
    assert len(ref_of(100_000)) <= 8


@given(st.integers(1, 10**7), st.integers(1, 9))
def test_a_wrong_check_digit_names_nothing(outbox_id: int, off: int) -> None:
    ref = ref_of(outbox_id)
    assert find_refs(ref[:-1] + str((int(ref[-1]) + off) % 10)) == []


@pytest.mark.parametrize("text", ["", "#1", "A17-2", "#I17-2", "# 颜色", "#A-2", "#A17-23"])
def test_other_words_are_no_references(text: str) -> None:
    assert find_refs(text) == []
    assert without_refs(text) == text
