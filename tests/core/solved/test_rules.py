"""What is kept of an answered question, and whom a question goes to."""

from __future__ import annotations

import pytest

from crm_core.kernel.policies import Policies
from crm_core.solved.rules import AnswerPolicy, called, masked, topic_role


@pytest.fixture(scope="module")
def policy() -> AnswerPolicy:
    return Policies().model("answers", AnswerPolicy)


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("增值税专票能开吗", "finance"),
        ("can I get a VAT invoice", "finance"),
        ("那批刹车片什么时候到货", "warehouse"),
        ("修车有代步车吗", "service"),
        ("涡轮啸叫正常吗", ""),
    ],
)
def test_the_words_tell_whose_question_it_is(policy: AnswerPolicy, said: str, role: str) -> None:
    assert topic_role(policy, said) == role


def test_nobody_is_known_again() -> None:
    text = "王建国 13800138029 的车 沪A12345 (LSVAM4187C2184841) 漏油，王总很急"
    kept = masked(text, called("王建国"), "客户")
    for part in ("王建国", "王总", "13800138029", "12345", "LSVAM4187C2184841"):
        assert part not in kept
    assert "漏油" in kept
    assert "客户" in kept


def test_english_names_go_too() -> None:
    assert masked("Mr Wu's Golf leaks, call Daniel", called("Daniel Wu"), "the customer") == (
        "the customer's Golf leaks, call the customer"
    )
