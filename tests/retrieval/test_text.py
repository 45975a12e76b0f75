"""Tokens, languages, sentences, part number keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexicon import Lexicon, lexicon
from retrieval.text import clean, language, number_keys, sentences, stem, tokens, windows


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("刹车片多久换", "zh"),
        ("X5 能装吗", "zh"),
        ("ES6", "en"),
        ("how thin can brake pads get", "en"),
        ("Toyota Camry 2018 brake pads 有货", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, lang: str) -> None:
    assert language(text) == lang


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("06L115562B能装高7吗", ["06L115562B"]),
        ("06L 115 562 B 有吗", ["06L115562B"]),
        ("０６Ｌ－１１５－５６２", ["06L115562"]),
        ("04465-02220", ["0446502220"]),
        ("2018款迈腾1.8T", []),
        ("5W-30", []),
    ],
)
def test_part_number_keys(text: str, keys: list[str]) -> None:
    assert number_keys(text) == keys


def test_tokens_hold_bigrams_whole_words_and_keys() -> None:
    found = tokens("换刹车片 Brake Pads 5W-30 06L 115 562 B")
    assert {"刹车", "车片", "brak", "pad", "5w30", "no:06L115562B"} <= set(found)


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [("pads", "pad"), ("braking", "brak"), ("brake", "brak"), ("gas", "gas"), ("b8", "b8")],
)
def test_stem(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed


def test_sentences_keep_decimals_together() -> None:
    assert sentences("加 4.5 升。1.8T 用 5W-30!好") == ["加 4.5 升。", "1.8T 用 5W-30!", "好"]


@given(st.text(max_size=300), st.integers(10, 80))
def test_windows_lose_no_letters_and_keep_their_size(text: str, size: int) -> None:
    cut = windows(clean(text), size)
    assert all(0 < len(part) <= size for part in cut)
    assert "".join("".join(cut).split()) == "".join(clean(text).replace("！", "!").split())


@given(st.text(max_size=200))
def test_cleaned_text_can_always_be_encoded_and_tokenised(text: str) -> None:
    cleaned = clean(text, 100)
    assert len(cleaned) <= 100
    assert "\x00" not in cleaned
    cleaned.encode()
    tokens(cleaned)


@pytest.mark.parametrize(
    ("said", "concept"),
    [
        ("刹车皮", "brake_pad"),
        ("火嘴", "spark_plug"),
        ("波箱油", "gearbox_oil"),
        ("车趴窝了", "breakdown"),
        ("brake pads", "brake_pad"),
        ("my car broke down", "breakdown"),
        ("transmission fluid", "gearbox_oil"),
    ],
)
def test_counter_words_name_a_concept(said: str, concept: str) -> None:
    assert concept in lexicon().concepts(said)


def test_the_longest_word_wins_and_slang_is_rewritten() -> None:
    assert lexicon().concepts("波箱油") == ["gearbox_oil"]
    assert lexicon().rewrite("刹车皮和火嘴") == "刹车片和火花塞"


def test_the_lexicon_is_rich_and_its_rivals_are_known_concepts() -> None:
    words = lexicon()
    assert len(words.standard) >= 150
    assert all(rival in words.standard for name in words.standard for rival in words.rivals(name))
    assert "brake_disc" in words.rivals("brake_pad")


def test_rivals_are_mutual() -> None:
    made = Lexicon.of({"a": {"zh": ["甲"]}, "b": {"zh": ["乙"]}}, [["a", "b"]])
    assert made.rivals("a") == {"b"}
    assert made.rivals("b") == {"a"}
