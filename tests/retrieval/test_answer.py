"""Bands, citations and sentences of answers, with the bundled models."""

from __future__ import annotations

import pytest

from retrieval import ChunkRow, KnowledgeBase, MemoryStore, Scope, supported
from retrieval.answer import extract, outside
from retrieval.units import units_of

SCOPE = Scope("t", ("",), ("public",))
PADS = "新刹车片厚度一般 10–12 mm。剩 3 mm 必须更换。前片通常 3–6 万公里。"
PRICE = "价格含税。\n| 项目 | 价格 |\n|---|---|\n| 小保养 | 680 元 |\n| 大保养 | 2,380 元 |"
NOTES = [
    ("pads", "刹车片多久换", PADS, "zh"),
    ("price", "保养价格", PRICE, "zh"),
    ("light", "发动机灯亮了", "黄色常亮可以低速开到店检查。闪烁请立即靠边停车,联系救援。", "zh"),
    ("oil", "机油周期", "全合成机油每 1 万公里或一年更换,同时换机油滤清器。", "zh"),
    ("tyre", "Tyre repair", "A nail in the tread can be repaired. A bulge in the sidewall cannot.", "en"),
]


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    rows = [
        ChunkRow(key, "t", key, text, title=title, lang=lang, audience="public", source=f"{key}.md")  # type: ignore[arg-type]
        for key, title, text, lang in NOTES
    ]
    made = KnowledgeBase(MemoryStore(rows))
    made.refresh("t")
    return made


@pytest.mark.parametrize(
    ("question", "document", "said"),
    [
        ("刹车皮磨到多薄要换", "pads", "剩 3 mm 必须更换"),
        ("发动机灯亮了还能开吗", "light", "黄色常亮可以低速开到店检查"),
        ("小保养多少钱", "price", "680 元"),
        ("check engine light is on, can I drive", "light", "低速开到店"),
    ],
)
def test_an_answer_is_cited_and_in_the_words_of_its_evidence(
    base: KnowledgeBase, question: str, document: str, said: str
) -> None:
    answer = base.answer(question, SCOPE)
    assert answer.band == "answer"
    assert said in answer.text
    assert [cited.doc_id for cited in answer.citations] == [document]
    assert answer.citations[0].source == f"{document}.md"
    evidence = next(text for key, _, text, _ in NOTES if key == document)
    assert supported(answer.text, [evidence])
    assert all(cited in answer.citations for _, cited in answer.sentences)


@pytest.mark.parametrize(
    "question",
    [
        "今天天气怎么样",
        "写一首关于春天的诗",
        "王伟的电话是多少",
        "who won the world cup",
        "2026 年房贷利率多少",
        "",
        "👍👍",
    ],
)
def test_what_is_none_of_the_business_stays_unknown(base: KnowledgeBase, question: str) -> None:
    answer = base.answer(question, SCOPE)
    assert (answer.band, answer.sentences, answer.suggestions) == ("unknown", (), ())


def test_a_false_friend_is_offered_and_not_asserted(base: KnowledgeBase) -> None:
    answer = base.answer("变速箱油一万公里要换吗", SCOPE)
    assert answer.band != "answer"
    assert answer.sentences == ()


@pytest.mark.parametrize(
    ("question", "out"),
    [
        ("讲个笑话", True),
        ("下雨天雨刮不动", False),
        ("李娜的电话", True),
        ("你们的电话号码是多少", False),
        ("what's the weather", True),
        ("刹车片多久换", False),
    ],
)
def test_outside(question: str, out: bool) -> None:
    assert outside(question) is out


def test_a_table_row_is_said_with_its_heads() -> None:
    assert units_of(PRICE) == ["价格含税。", "小保养：价格 680 元", "大保养：价格 2,380 元"]


def test_a_long_text_is_told_in_part_and_in_order() -> None:
    filler = "".join(f"第{n}条是与此无关的一般说明文字。" for n in "甲乙丙丁戊己庚辛壬癸" * 2)
    text = f"刹车片剩 3 mm 必须更换。{filler}刹车片要左右成对更换。"
    said = extract("刹车皮什么时候换", text)
    assert said == ["刹车片剩 3 mm 必须更换。", "刹车片要左右成对更换。"]
