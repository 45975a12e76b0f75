"""Whatever is typed and pressed in whatever order: no crash, nothing that waits is lost without a word, and a bare
yes confirms only what was shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.brain import Rooms
from bot.conversation.pending import Draft, Memory
from bot.terminal import Shown, Terminal
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from tests.transcripts.conftest import LOADED, settings_for
from tests.transcripts.runner import drawn

YES = ("好", "ok", "可以")
SAYS = (
    "方小圆13900001111想看ES6,周六下午试驾", "给方小圆申请优惠4000", "方小圆改成A级", "约方小圆试驾", "明天上午十点",
    "不对", "算了", "撤销", "改成5000", "不是4000是3000", "电话错了,是13900002222", "今天要干嘛", "啦啦啦", "第二个",
    "他说月底再定", "方小圆改成B级,推进到报价,明天下午三点提醒我开会", "👍", "“帮我申请优惠8000”", "不对,是周日",
    "唐浩然13900003333想看ET5", "唐浩然推进到报价", *YES,
)  # fmt: skip
PRESSES = ("确认", "取消", "改", "撤销", "接着办", "都不用了", "已联系")
MINUTES = (1, 15, 45, 200)
STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(SAYS)),
    st.tuples(st.just("yes"), st.sampled_from(YES)),
    st.tuples(st.just("press"), st.sampled_from(PRESSES)),
    st.tuples(st.just("wait"), st.sampled_from(MINUTES)),
)


@dataclass
class Chat:
    """A colleague at his terminal, and all he was ever shown."""

    core: Core
    clock: FixedClock
    terminal: Terminal
    seen: list[str] = field(default_factory=list)

    def memory(self) -> Memory:
        return Memory.load(self.core.chats.conversation(self.terminal._chat).state, self.core.now())

    def waiting(self) -> dict[str, Draft]:
        return {draft.token: draft for draft in self.memory().drafts if draft.waits_for_yes}

    def step(self, kind: str, what: str | int) -> None:
        if isinstance(what, int):
            self.clock.advance(minutes=what)
            return
        self.clock.advance(seconds=5)
        before = self.waiting()
        shown = self.terminal.press(what) if kind == "press" else self.terminal.say(what)
        self._check(kind if what not in YES else "yes", before, shown)
        self.seen.append(drawn(shown.replies))

    def _check(self, kind: str, before: dict[str, Draft], shown: Shown) -> None:
        words, after = drawn(shown.replies), self.memory()
        assert shown.replies
        assert "出错了" not in words, words
        gone = [draft for token, draft in before.items() if after.draft(token) is None]
        for draft in gone:
            assert after.settled.get(draft.token), f"lost without a word: {draft.title}"
        if kind == "yes" and shown.commands:
            done = [draft for draft in gone if draft.title]
            assert len(done) <= 1, "one yes, one card"
            earlier = "\n".join(self.seen)
            assert all(draft.title in earlier for draft in done), "never shown"


@contextmanager
def opened(source: Path) -> Iterator[Chat]:
    """A chat of the demo, as it was loaded."""
    with TemporaryDirectory() as name:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(f"{name}/chexin.db")) as new:
            old.backup(new)
        clock = FixedClock(LOADED)
        core = Core.open(settings_for(f"sqlite:///{name}/chexin.db", Path(name)), clock)
        brain = Rooms(core)
        try:
            yield Chat(core, clock, Terminal(core, "rep1", brain))
        finally:
            brain.close()
            core.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=4, max_size=12))
def test_any_talk(demo_sqlite: Path, steps: list[tuple[str, str | int]]) -> None:
    with opened(demo_sqlite) as chat:
        for kind, what in steps:
            chat.step(kind, what)


@pytest.mark.parametrize("first", SAYS)
def test_a_yes_to_nothing_does_nothing(demo_sqlite: Path, first: str) -> None:
    with opened(demo_sqlite) as chat:
        shown = chat.terminal.say(first)
        if not chat.waiting() and not chat.memory().waiting:
            assert chat.terminal.say("好").commands == [], drawn(shown.replies)
