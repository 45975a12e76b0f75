"""A served house with a model: a page shows that work is under way, others are answered, figures say who answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.conversation.thinking import Thinking
from crm_core.api import Core
from crm_core.assistance.rules import ModelPolicy
from tests.support.fakes.openai import KEY, OpenAi, Say, openai_server
from tests.support.site import Site, bot_settings, served

# Nothing the sentences know, and nothing that resembles them.
UNREAD = "康哥那边嘛呃磨叽得很,后天一早吱一声给我哈"
REMIND = Say(calls=[("remind_me", {"evidence": "吱一声给我", "when": "后天一早"})], wait=True)


@pytest.fixture
def provider() -> Iterator[OpenAi]:
    with openai_server() as found:
        yield found


@pytest.fixture
def patient(small: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute for the model, so that a busy machine does not end its silence before the test does."""
    policy = small.policies.model("llm", ModelPolicy).model_copy(update={"seconds": 60.0})
    monkeypatch.setattr(Thinking, "_policy", lambda self, actor: policy)


@pytest.fixture
def helped(small: Core, provider: OpenAi, patient: None) -> Iterator[Site]:
    with served(small, settings=bot_settings(llm_model="qwen:small", llm_base_url=provider.url, llm_api_key=KEY)) as site:
        yield site
        provider.let_go()


def test_a_slow_model_delays_nobody_else_and_its_draft_is_confirmed(helped: Site, provider: OpenAi) -> None:
    provider.will(REMIND)
    with helped.page("rep1") as slow, helped.page("rep2") as quick:
        slow.say(UNREAD, wait=False)
        slow.until(lambda: provider.asked, patience=60, what="the model is asked")
        quick.say("你好")
        assert quick.sees("林佳")
        assert slow.out() == []
        provider.let_go()
        slow.until(lambda: slow.button("确认"), patience=60, what="a card")
        assert slow.sees("这是模型读出来的")
        slow.press("确认")
        assert slow.sees("11月") or slow.sees("提醒")
    figures = helped.http.get("/metrics").text
    assert 'chexin_understood_total{layer="model"} 1.0' in figures
    assert 'chexin_model_total{outcome="answered"} 1.0' in figures


def test_the_end_of_the_process_does_not_wait_for_the_model(small: Core, provider: OpenAi, patient: None) -> None:
    provider.will(Say(drip=True))
    settings = bot_settings(llm_model="qwen:small", llm_base_url=provider.url, llm_api_key=KEY)
    with served(small, settings=settings) as site, site.page("rep1") as page:
        page.say(UNREAD, wait=False)
        page.until(lambda: provider.asked, patience=60, what="the model is asked")
    again = small.inbox.claim(small.now(), 1)
    assert [arrival.body["text"] for arrival in again] == [UNREAD]
