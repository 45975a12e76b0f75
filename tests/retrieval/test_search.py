"""The stand-alone search index: what it accepts, what it refuses, what it finds."""

from __future__ import annotations

import pytest

from retrieval import SearchIndex


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    made = SearchIndex()
    made.index(
        [
            {"id": 7, "text": "前制动片磨损到三毫米以下应更换。"},
            {"id": "oil", "text": "自动变速箱油建议每六万公里更换一次。"},
            {"id": ("pair", 1), "text": "Spark plugs: replace iridium plugs every 80,000 km."},
            {"id": ["list"], "text": "车辆抛锚后请先开启危险警报灯,再拨打救援电话。"},
        ]
    )
    return made


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("刹车皮多薄要换", 7),
        ("波箱油几万公里换", "oil"),
        ("火嘴多久换", ("pair", 1)),
        ("车趴窝了咋整", ["list"]),
        ("brake pads worn", 7),
        ("my car broke down", ["list"]),
        ("ＡＴＦ 变速箱油", "oil"),
    ],
)
def test_counter_language_finds_the_note(index: SearchIndex, question: str, wanted: object) -> None:
    assert index.search(question, 1)[0][0] == wanted


def test_scores_fall_and_stay_within_0_and_1(index: SearchIndex) -> None:
    scores = [score for _, score in index.search("刹车片什么时候换", 4)]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize("question", ["", "   ", "\x00", "\u200b\n"])
def test_nothing_asked_finds_nothing(index: SearchIndex, question: str) -> None:
    assert index.search(question, 3) == []


@pytest.mark.parametrize(
    "question", ["刹车\x00片", "刹车片\ud800", "刹车片?" * 5000, "🚗🚗🚗", "'; DROP TABLE --"]
)
def test_hostile_questions_are_answered(index: SearchIndex, question: str) -> None:
    assert len(index.search(question, 2)) == 2


def test_k_is_respected(index: SearchIndex) -> None:
    assert index.search("刹车片", 0) == []
    assert index.search("刹车片", -1) == []
    assert len(index.search("刹车片", 99)) == 4


def test_index_replaces_and_empties() -> None:
    index = SearchIndex()
    assert index.search("刹车片", 3) == []
    index.index([{"id": "a", "text": "刹车片"}, {"id": "b", "text": ""}])
    assert [key for key, _ in index.search("刹车皮", 5)] == ["a"]
    index.index([{"id": "c", "text": "火花塞"}])
    assert [key for key, _ in index.search("刹车皮", 5)] == ["c"]
    index.index([])
    assert index.search("刹车皮", 5) == []


def test_a_repeated_id_keeps_its_last_text() -> None:
    index = SearchIndex()
    index.index([{"id": 1, "text": "刹车片"}, {"id": 1, "text": "火花塞"}, {"id": "1", "text": "空调滤芯"}])
    assert sorted(map(repr, (key for key, _ in index.search("火花塞", 9)))) == ["'1'", "1"]


@pytest.mark.parametrize("bad", [{"text": "x"}, {"id": 1}, {"id": 1, "text": None}, "text"])
def test_a_bad_document_is_named_and_changes_nothing(bad: object) -> None:
    index = SearchIndex()
    index.index([{"id": "kept", "text": "刹车片"}])
    with pytest.raises(ValueError, match="document 1"):
        index.index([{"id": "new", "text": "火花塞"}, bad])  # type: ignore[list-item]
    assert index.search("刹车片", 1)[0][0] == "kept"


def test_a_long_text_is_found_by_its_end() -> None:
    index = SearchIndex()
    filler = "本店提供各类服务,欢迎预约到店。" * 60
    end = "儿童座椅请安装在后排外侧的接口上。"
    index.index([{"id": "long", "text": filler + end}, {"id": "x", "text": filler}])
    assert index.search("儿童座椅装在哪里", 1)[0][0] == "long"
