"""Which messages ask for another language, and which only speak of one."""

from __future__ import annotations

import pytest

from bot.skills.language import clear_language, wanted


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("English", "en"), ("英文", "en"), ("说英文", "en"), ("请说英语", "en"), ("能说英文吗？", "en"),
        ("切换到英文", "en"),
        ("用英文回复", "en"), ("please speak English", "en"), ("can you speak English?", "en"), ("English please", "en"),
        ("switch to english", "en"), ("I'd like to speak English", "en"), ("in English, please", "en"),
        ("中文", "zh"), ("请用中文", "zh"), ("换成中文吧", "zh"), ("可以说中文吗", "zh"), ("please switch to Chinese", "zh"),
        ("switch back to Chinese", "zh"), ("Chinese!", "zh"), ("中文回复", "zh"),
        ("", None), ("please", None), ("英文说明书有吗", None), ("他只会说英文", None), ("中文名叫张伟", None),
        ("English speaking customer", None), ("给张伟发英文资料", None), ("in English the part is called", None),
    ],
)  # fmt: skip
def test_asked_for(said: str, language: str | None) -> None:
    assert wanted(said) == language


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("what are your opening hours?", "en"), ("How much is the first maintenance for the ES6?", "en"),
        ("I'd like to book a test drive", "en"), ("I am 王伟, is the car ready?", "en"), ("thanks, see you there", "en"),
        ("您好，我想问一下保养多少钱", "zh"), ("我想book一个test drive", "zh"), ("請問幾點開門", "zh"),
        ("ES6有现车吗", "zh"),
        ("hello", None), ("ES6", None), ("ok", None), ("王伟 13800138000", None), ("王小伟", None), ("STOP", None),
        ("wo xiang yu yue bao yang", None), ("Han EV 2024", None), ("上海市浦东新区", None), ("确认", None), ("", None),
    ],
)  # fmt: skip
def test_clearly_written_in(said: str, language: str | None) -> None:
    assert clear_language(said) == language
