"""Which text fits: by the customer's words, else by where he stands; and what a text may not say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crm_core.kernel.policies import Policies
from crm_core.outreach.rules import (
    OCCASIONS,
    PLACEHOLDERS,
    ReplyKind,
    Situation,
    SuggestionPolicy,
    heard,
    occasion,
)
from retrieval.support import figures

NOW = datetime(2026, 11, 21, 6, 20, tzinfo=UTC)
POLICY = Policies().model("suggestions", SuggestionPolicy)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("太贵了,能不能便宜点", "price"), ("隔壁店便宜两千", "compare"), ("再便宜一点我就定", "discount"),
        ("等国庆再说吧", "wait_holiday"), ("我再考虑考虑", "think_over"), ("要回去跟老婆商量", "family"),
        ("冬天续航掉得厉害吗", "ev_range"), ("我那台旧车能抵多少", "trade_in"), ("多久能提车", "delivery_time"),
        ("能分期吗,首付多少", "finance"), ("这车保养贵不贵", "upkeep"), ("听说毛病不少", "quality"),
        ("定金能退吗", "deposit"), ("我就随便看看", "just_looking"), ("能试驾吗", "drive_ask"),
        ("It's TOO EXPENSIVE for me", "price"), ("another dealer is cheaper", "compare"),
        ("can I get a discount?", "discount"),
        ("I'd rather wait until the end of the year", "wait_holiday"), ("let me think it over", "think_over"),
        ("I have to ask my wife", "family"), ("what about the battery in winter", "ev_range"),
        ("what would you give me in part exchange", "trade_in"), ("when can I get it", "delivery_time"),
        ("what is the monthly payment", "finance"), ("is it reliable?", "quality"), ("is the deposit refundable", "deposit"),
        ("您好", ""), ("hello there", ""), ("", ""), ("orange", ""),
    ],
)  # fmt: skip
def test_words_tell_the_kind(said: str, kind: str) -> None:
    assert heard(POLICY, said) == kind


@given(st.text(max_size=300))
def test_any_words_are_heard(said: str) -> None:
    assert heard(POLICY, said) in {"", *POLICY.kinds}


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (Situation(), "greeting"),
        (Situation(deal=True), "invite"),
        (Situation(deal=True, visit_at=NOW + DAY), "visit_soon"),
        (Situation(deal=True, visit_at=NOW + 5 * DAY), "greeting"),
        (Situation(deal=True, quoted=True, quote_ends=NOW + 2 * DAY), "quote_ends"),
        (Situation(deal=True, quoted=True, quote_ends=NOW + 6 * DAY), "after_quote"),
        (Situation(deal=True, quoted=True, spoken_at=NOW - 8 * DAY), "silent"),
        (Situation(deal=True, drove=True, spoken_at=NOW - DAY), "after_test_drive"),
        (Situation(deal=True, visit_at=NOW + DAY, quoted=True, quote_ends=NOW + DAY), "visit_soon"),
    ],
)
def test_the_record_tells_the_occasion(at: Situation, wanted: str) -> None:
    assert occasion(at, NOW) == wanted


def test_enough_kinds_and_texts() -> None:
    assert set(OCCASIONS) <= set(POLICY.kinds)
    assert len(POLICY.kinds) >= 20
    assert all(len(kind.texts(language)) >= 3 for kind in POLICY.kinds.values() for language in ("zh", "en"))


def test_no_text_states_a_figure() -> None:
    texts = [text for kind in POLICY.kinds.values() for text in (*kind.zh, *kind.en)]
    assert {text: found for text in texts if (found := figures(text))} == {}
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("text", ["今天定优惠3000", "打九折", "三天内有效", "only five days left", "您的{discount}", "{}"])
def test_a_text_that_says_more_than_it_can_know_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ReplyKind.model_validate({"title": {"zh": "一", "en": "a"}, "zh": [text], "en": ["fine"]})


def test_placeholders_are_words_of_the_record() -> None:
    ok = " ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
    kind = ReplyKind.model_validate({"title": {"zh": "一", "en": "a"}, "zh": [ok], "en": [ok]})
    assert kind.texts("en") == (ok,)


def test_an_occasion_must_be_there() -> None:
    with pytest.raises(ValidationError, match="greeting"):
        SuggestionPolicy.model_validate({"kinds": {}})
