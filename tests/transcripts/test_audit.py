"""The auditor finds nothing wrong where nothing is: a week at the demo dealership."""

from __future__ import annotations

from bot.delivery import Deliverer
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.registry import auditors
from crm_core.kernel.routines import HOURLY, OFTEN, run_routines
from schedulers.auditor import Auditor
from tests.transcripts.runner import Stage

LOOKS = 7 * 4


def test_a_week_without_trouble(demo: Core) -> None:
    """Everything fires and is delivered on time, so nobody is told of anything and no timer is made again."""
    core, clock, stage = demo, demo.clock, Stage(demo)
    assert isinstance(clock, FixedClock)
    stage.play([{"rep1": "明天下午3点提醒我准备展车"}, {"rep1": "帮高小松约明天下午三点试驾ES6"}, {"rep1 presses": "确认"}])
    stage.close()
    deliverer = Deliverer(core, Texts.load(), "w1", lambda: None)
    beats: list[int] = []
    auditor = Auditor(core, "w1", lambda: beats.append(1), lambda: clock.now().timestamp())
    for _ in range(LOOKS):
        _hour(core, deliverer)
        found = auditor.look()
        assert [(t.kind, t.what) for t in found.troubles] == []
        clock.advance(hours=6)
    assert len(beats) == LOOKS
    assert {"task", "appointment", "followup", "approval"} <= set(auditors)


def _hour(core: Core, deliverer: Deliverer) -> None:
    run_routines(core, HOURLY)
    run_routines(core, OFTEN)
    while core.timers.fire_due(core.now()):
        continue
    while deliverer.run():
        continue
