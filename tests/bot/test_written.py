"""A model's answer holds sentence by sentence, or it is not said."""

from __future__ import annotations

from bot.skills.written import borne_out

EVIDENCE = ("小保养 680 元,每 1 万公里或 12 个月一次。纯电车型的检查 380 元。", "质保期不低于 3 年或 6 万公里。")


def test_cited_sentences_that_hold_are_kept_with_their_source() -> None:
    text = "小保养 680 元，每 1 万公里一次。[1]\n质保期不低于 36 个月。【2】"
    assert borne_out(text, EVIDENCE) == (("小保养 680 元，每 1 万公里一次。", 1), ("质保期不低于 36 个月。", 2))


def test_what_is_not_in_the_source_it_cites_is_dropped() -> None:
    for line in ("小保养 580 元。[1]", "小保养 680 元。[2]", "小保养 680 元。[7]", "小保养 680 元。", "小保养免费。[1]",
                 "质保期不低于 3 个月。[2]", "保证终身不收您一分工时费哦亲。[1]", ""):  # fmt: skip
        assert borne_out(line, EVIDENCE) == (), line


def test_several_on_one_line_and_list_marks() -> None:
    text = "1. 小保养 680 元[1]；检查 380 元[1]\n- 质保期 6 万公里 [2]"
    assert [place for _, place in borne_out(text, EVIDENCE)] == [1, 1, 2]
