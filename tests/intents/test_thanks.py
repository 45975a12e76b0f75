"""Courtesy asks for nothing: it is answered, and nobody is sent for because of it."""

from __future__ import annotations

import pytest

from intents.thanks import only_thanks


@pytest.mark.parametrize(
    "said",
    ["谢谢", "好的，谢谢！", "谢谢啦🙏", "多谢师傅", "收到谢谢", "明白了,谢谢您", "嗯嗯谢谢", "您辛苦了", "唔該", "拜拜",
     "thanks", "Ok thank you so much!", "thanks a lot mate", "great, thanks for your help", "Cheers", "good night"],
)  # fmt: skip
def test_courtesy_is_heard_as_such(said: str) -> None:
    assert only_thanks(said)


@pytest.mark.parametrize(
    "said",
    ["谢谢,再帮我约周六试驾", "好的", "谢师傅的电话", "再见张伟", "明天见张伟", "感谢信发给李总", "嗯" * 50 + "x", "",
     "thanks, book me for Monday", "ok", "thanksgiving opening hours", "bye-laws", "ok " * 19 + "x"],
)  # fmt: skip
def test_what_asks_for_more_is_not_courtesy(said: str) -> None:
    assert not only_thanks(said)
