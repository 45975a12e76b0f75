"""The phrasebook: its data, what it says a question may mean, and when it keeps silent."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval import ChunkRow, KnowledgeBase, MemoryStore, Scope
from retrieval.data import load_yaml
from retrieval.embeddings import BundledEmbeddings, FastEmbeddings
from retrieval.fusion import Ranked, Signals, mixed
from retrieval.phrasebook import VECTORS, packed, phrasebook, phrases_of
from retrieval.text import Lang, language

ENTRIES = load_yaml("phrasebook.yaml")
SCOPE = Scope("t", ("",), ("public",))


def test_every_entry_has_phrases_and_a_meaning_in_both_languages() -> None:
    for entry in ENTRIES:
        assert all(entry[lang] for lang in ("zh", "en")), entry
        assert language(entry["means"]["zh"]) == "zh"
        assert language(entry["means"]["en"]) == "en"
    said = [text for _, _, text in phrases_of(ENTRIES)]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("model", [BundledEmbeddings.model_id, FastEmbeddings.model_id])
def test_the_vectors_that_ship_are_those_of_the_phrases(model: str) -> None:
    """Changed phrases need `python -m retrieval.calibrate phrases`."""
    with np.load(VECTORS, allow_pickle=False) as data:
        assert len(data[f"{model}|phrases"]) == len(phrases_of(ENTRIES))
        assert len(data[f"{model}|zh"]) == len(data[f"{model}|en"]) == len(ENTRIES)
    reader = FastEmbeddings() if model == FastEmbeddings.model_id else BundledEmbeddings()
    said = [text for _, _, text in phrases_of(ENTRIES)]
    some = [0, len(said) // 2, len(said) - 1]
    with np.load(VECTORS, allow_pickle=False) as data:
        held = data[f"{model}|phrases"][some].astype(np.float32)
    made = reader.questions([said[at] for at in some])
    likeness = (held * made).sum(axis=1) / np.linalg.norm(held, axis=1) / np.linalg.norm(made, axis=1)
    assert likeness.min() > 0.99


def test_packing_keeps_the_direction() -> None:
    rows = np.random.default_rng(1).normal(size=(20, 64)).astype(np.float32)
    back = packed(rows).astype(np.float32)
    cosine = (rows * back).sum(axis=1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(back, axis=1)
    assert cosine.min() > 0.999


def test_another_model_has_no_book() -> None:
    assert phrasebook("provider:some-model") is None


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    rows = [
        ChunkRow("idle", "t", "idle", "怠速不稳多因节气门积碳。", audience="public"),
        ChunkRow("dpf", "t", "dpf", "颗粒捕集器需要定期再生,请高速行驶二十分钟。", audience="public"),
        ChunkRow("seat", "t", "seat", "儿童安全座椅使用 ISOFIX 接口固定在后排。", audience="public"),
    ]
    made = KnowledgeBase(MemoryStore(rows))
    made.refresh("t")
    return made


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("碳烟把屁股堵了要上高速烧一烧", "dpf"),
        ("full of soot they say, take it for a blast", "dpf"),
        ("红灯停着的时候哆嗦得厉害", "idle"),
    ],
)
def test_a_question_is_also_asked_by_its_meaning(base: KnowledgeBase, question: str, note: str) -> None:
    hit = base.search(question, SCOPE, 1)[0]
    assert hit.row.document == note
    assert hit.ranked.signals.aided > 0


def test_a_note_in_the_questions_own_words_needs_no_aid(base: KnowledgeBase) -> None:
    hit = base.search("怠速不稳多因节气门积碳", SCOPE, 1)[0]
    assert (hit.row.document, hit.ranked.signals.aided) == ("idle", 0.0)


def _hits(langs: str) -> list[Ranked]:
    made: list[Ranked] = []
    for at, letter in enumerate(langs):
        lang: Lang = "zh" if letter == "z" else "en"
        row = ChunkRow(str(at), "t", str(at), "x", lang=lang)
        made.append(Ranked(row, 1.0 - at / 10, Signals(0, 0, 0, crossing=False)))
    return made


@pytest.mark.parametrize(
    ("langs", "first"),
    [
        ("zzzzzzee", "01267"),  # two own notes only: both are among the first five
        ("zzzzzzeeee", "01678"),
        ("eeeeeeez", "01237"),  # one in the other language
        ("zeezeze", "01234"),  # enough of both: nothing moves
        ("zzzzzz", "01234"),
        ("ez", "01"),
    ],
)
def test_both_languages_are_among_the_first_five(langs: str, first: str) -> None:
    found = mixed(_hits(langs), "en")
    assert "".join(hit.row.id for hit in found[:5]) == first
    assert sorted(hit.row.id for hit in found) == sorted(hit.row.id for hit in _hits(langs))
