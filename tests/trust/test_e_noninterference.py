"""Suite E: what somebody may not see changes nothing he is told. The same scripts in two worlds, answers byte-equal.

The worlds differ in everything invisible to the asker: names, notes, amounts, counts, stages, even whether there is
anything at all. Names asked about exist in one of them and not in the other.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversation.brain import Rooms
from bot.terminal import Terminal
from crm_core.api import Core
from crm_core.customers.messages import AddCustomer, AddNote
from crm_core.deals.messages import OpenDeal, SetLevel
from crm_core.kernel.access import AccessTable
from crm_core.kernel.clock import FixedClock
from crm_core.quotes.messages import CreateQuote
from crm_core.tasks.messages import AddTask
from tests.transcripts.conftest import LOADED, settings_for
from tests.trust.support.size import seeds, size

pytestmark = pytest.mark.trust
HIDDEN = ("瞿霁棠", "詹岚泓", "盛澜钊", "柯珩煦")
ASKERS = ("rep1", "tech1", "customer1")
SAID = (
    "{name}什么情况", "{name}的电话是多少", "{name}的报价", "谁在跟{name}", "{name}来过几次", "{name}有几台车",
    "{phone}是谁", "我的客户有哪些", "今天要干嘛", "有几个姓{sur}的客户", "公海有什么", "哪些客户快到期了",
    "多久没联系的客户有哪些", "我的线索", "给{name}申请优惠5000", "把{name}转给林佳", "把{name}共享给林佳",
    "{name}共享给谁了", "我为什么看不到{name}", "约{name}明天下午三点试驾", "明天上午九点提醒我联系{name}",
    "本月成交了几单", "停留过久的商机", "帮助", "what about {phone}", "共享给我的客户有哪些", "我有什么权限",
    "谁喜欢露营", "撤销",
)  # fmt: skip
_PASSING = re.compile(r'01[0-9A-HJKMNP-TV-Z]{24}|\b[A-Z]-[0-9A-Z]{4}\b|#[A-Z]\d+-\d|"id": "[^"]*"')


@dataclass(frozen=True)
class Script:
    """Who says what, in turn."""

    who: str
    lines: tuple[str, ...]


def scripts(seed: int, many: int) -> Iterator[Script]:
    rng = random.Random(seed)
    for n in range(many):
        name = rng.choice(HIDDEN)
        words = {"name": name, "phone": f"139700{rng.randrange(4):05d}", "sur": name[0]}
        yield Script(ASKERS[n % len(ASKERS)], tuple(line.format(**words) for line in rng.sample(SAID, k=3)))


def fill(core: Core, rng: random.Random) -> None:
    """Customers of a colleague with all kinds of records, differently many and different in all."""
    owner, job = core.actor("rep2"), core.system("starway")
    for n in range(rng.randrange(1, 5)):
        made = core.execute(AddCustomer(name=HIDDEN[n], phones=(f"139700{n:05d}",), unit=owner.unit, owner_id=owner.id,
                                        company=str(rng.random())), job)  # fmt: skip
        deal = core.execute(OpenDeal(customer_id=made.id, interest=rng.choice(("ES6", "ET5", "X5"))), owner)
        core.execute(SetLevel(deal_id=deal.id, level=rng.choice("HABC")), owner)
        core.execute(AddNote(customer_id=made.id, text=f"喜欢露营 {rng.random()}"), owner)
        core.execute(CreateQuote(deal_id=deal.id, title="ES6", price_fen=rng.randrange(10**6, 10**8)), owner)
        for _ in range(rng.randrange(3)):
            core.execute(AddTask(title=f"露营 {rng.random()}", customer_id=made.id,
                                 due_at=core.now() + timedelta(hours=rng.randrange(1, 90))), owner)  # fmt: skip


def world(demo: Path, place: Path, filled: int | None) -> Core:
    """The demonstration dealership; with a seed, with invisible records made from it."""
    place.mkdir()
    with closing(sqlite3.connect(demo)) as source, closing(sqlite3.connect(place / "chexin.db")) as target:
        source.backup(target)
    core = Core.open(settings_for(f"sqlite:///{place}/chexin.db", place), FixedClock(LOADED))
    if filled is not None:
        fill(core, random.Random(filled))
    return core


def told(core: Core, chosen: list[Script]) -> list[str]:
    """What each script is answered, without what passes: ids and references made on the way."""
    assert isinstance(core.clock, FixedClock)
    brain, found = Rooms(core), []
    with closing(brain):
        terminals = {who: Terminal(core, who, brain) for who in ASKERS}
        for script in chosen:
            for line in script.lines:
                core.clock.advance(seconds=30)
                said = json.dumps(terminals[script.who].say(line).to_json(), ensure_ascii=False, sort_keys=True)
                found.append(f"{script.who}: {line}: {_PASSING.sub('~', said)}")
    return found


def differing(demo: Path, directory: Path, seed: int, many: int) -> list[tuple[str, str]]:
    chosen = list(scripts(seed, many))
    fillings = enumerate((None, seed + 1, seed + 2))
    worlds = [world(demo, directory / f"world{n}", filled) for n, filled in fillings]
    try:
        empty, *others = (told(core, chosen) for core in worlds)
    finally:
        for core in worlds:
            core.close()
    return [pair for other in others for pair in zip(empty, other, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("seed", seeds())
def test_what_is_not_his_changes_nothing_he_is_told(demo_sqlite: Path, tmp_path: Path, seed: int) -> None:
    assert differing(demo_sqlite, tmp_path, seed, size(12, 1_000)) == []


def test_it_would_be_seen_if_a_list_forgot_whose_it_is(
    demo_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AccessTable, "clause", lambda self, actor, resource, action, table: table.tenant == actor.tenant)
    assert differing(demo_sqlite, tmp_path, 1, 12)
