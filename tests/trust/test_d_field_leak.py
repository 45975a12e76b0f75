"""Suite D: a canary in every cell of every record somebody may not see; none comes out in an answer, a log or a prompt.

Also of what one may see: a number in full only for a reason, and to a model never. Small: 8 hidden customers, 60
questions a role, 60 people in every spelling; full: 40, 200 and 1,000.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field
from sqlalchemy import String, select, update
from sqlmodel import SQLModel, col

from bot import logs
from bot.conversation.brain import Rooms
from bot.conversation.thinking import Thinking
from bot.logs import configure_logs
from bot.terminal import Terminal
from crm_core.api import Core
from crm_core.assistance.rules import ModelPolicy
from crm_core.customers import queries
from crm_core.customers.messages import AddCustomer, FindCustomers
from crm_core.customers.tables import Customer
from crm_core.kernel.access import AccessTable
from crm_core.kernel.rotate import sealed_columns
from crm_core.privacy.opened import cell_of, opened
from crm_core.privacy.trace import trace
from intents.llm import LanguageModel, ModelSettings
from intents.llm.redact import Redaction
from tests.core.kernel.test_spelt import SPELLINGS
from tests.trust.planted import Plot, plant
from tests.trust.support.size import size
from tests.trust.test_canaries import leaks

pytestmark = pytest.mark.trust
HIDDEN, QUESTIONS, PEOPLE = size(8, 40), size(60, 200), size(60, 1000)
ROLES = ("rep1", "rep3", "tech1", "customer1", "visitor")
# Words the program chooses among, ids and references: a record with another word there would not be one.
FIXED = frozenset({
    "id", "tenant", "unit", "state", "kind", "stage", "pipeline", "sop", "sop_digest", "purpose", "channel", "currency",
    "chat", "account", "native_id", "subject", "dedupe_key", "key", "direction", "language", "zone", "gender", "role",
    "vouched", "ref", "mark", "outcome", "name", "code", "cause", "level", "cadence", "occurrence", "natural_key", "digest",
    "interest_key", "vehicle_key", "pinyin", "initials", "surname", "repeat_rule", "price_class", "decision", "rule",
    "text_version", "fields", "verdict", "position", "birth_month", "birth_day", "userid", "worker", "verb", "record_id",
})  # fmt: skip


def fill(core: Core, plot: Plot) -> int:
    """Write a canary into every free cell of the hidden customers' rows, sealed or clear; returns how many."""
    names = {one.name for one in (*plot.asked, *plot.silent)}
    numbers = iter(range(20_000, 99_999))
    with core.database.write() as session:
        ids = session.execute(select(col(Customer.id)).where(col(Customer.name).in_(names))).scalars().all()
        for customer_id in ids:
            for table, rows in trace(session, "starway", customer_id).items():
                for row in rows.values():
                    _fill_row(core, session, table, row, numbers)
    return next(numbers) - 20_000


def _fill_row(core: Core, session: Any, name: str, row: Any, numbers: Iterator[int]) -> None:
    table = SQLModel.metadata.tables[name]
    sealed = {column.name for column in sealed_columns(table)}
    changes: dict[str, Any] = {}
    for column in table.c:
        if column.name in sealed and isinstance(row[column.name], str):
            text = opened(core.cipher, name, row, column.name)
            if text[:1] not in "{[" and not text.replace("+", "").isdigit() and column.name not in ("vin_enc", "plate_enc"):
                changes[column.name] = core.cipher.seal(cell_of(name, column.name, row), f"{text} ZQ{next(numbers)}")
        elif isinstance(getattr(column.type, "impl", column.type), String) and _is_free(column):
            changes[column.name] = f"{row[column.name] or ''} ZQ{next(numbers)}"[-_length(column) :]
    if changes:
        session.connection().execute(update(table).where(table.c.id == row["id"]).values(**changes))


def _is_free(column: Any) -> bool:
    fixed = column.name in FIXED or column.name.endswith(("_enc", "_id", "_index", "_by"))
    return not fixed and _length(column) >= 40


def _length(column: Any) -> int:
    return int(getattr(column.type, "length", None) or getattr(column.type.impl, "length", None) or 200)


@pytest.fixture
def plot(demo: Core) -> Plot:
    planted = plant(demo, HIDDEN)
    assert fill(demo, planted) > 15 * HIDDEN
    return planted


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged, as the program is run."""
    stream = io.StringIO()
    configure_logs(stream)
    logging.getLogger().setLevel(logging.INFO)
    return stream


# Answers, pushes and logs


def test_no_role_is_told_a_cell_of_what_is_not_his(demo: Core, plot: Plot, log: io.StringIO) -> None:
    assert leaks(demo, plot, QUESTIONS, ROLES) == []
    assert plot.leaks(log.getvalue()) == []


def numbers_shown(core: Core, who: str) -> list[str]:
    """Numbers in full that a colleague is shown of his own customers without having said why."""
    own = [f"1386{n:07d}" for n in range(PEOPLE // 10)]
    owner = core.actor(who)
    for n, phone in enumerate(own):
        core.execute(AddCustomer(name=f"詹澜{chr(0x4E00 + n)}", phones=(phone,), unit=owner.unit, owner_id=owner.id),
                     core.system("starway"))  # fmt: skip
    brain, found = Rooms(core), []
    try:
        terminal = Terminal(core, who, brain)
        for n, phone in enumerate(own):
            for said in ("詹澜{}什么情况", "詹澜{}电话多少", "詹澜{}的资料", "詹澜{}上次聊了什么"):
                shown = json.dumps(terminal.say(said.format(chr(0x4E00 + n))).to_json(), ensure_ascii=False)
                found += [phone] if phone in shown else []
        found += [line.phone_tail for line in core.ask(FindCustomers(words="詹澜"), owner) if len(line.phone_tail) > 4]
    finally:
        brain.close()
    return found


def test_a_number_in_full_needs_a_reason(demo: Core) -> None:
    assert numbers_shown(demo, "rep1") == []


# Logs: whatever a field holds


def logged(spelt: Any, phone: str) -> str:
    stream = io.StringIO()
    configure_logs(stream)
    import structlog

    structlog.get_logger().error("turn_failed", error=f"bad {spelt(phone)}", text=phone, name="詹澜", path=f"/x/{phone}")
    return stream.getvalue()


def slipped(spell: Any) -> list[str]:
    """Numbers that come out of a log in the spelling they went in."""
    return [phone for n in range(PEOPLE) if (phone := f"1{3 + n % 7}{n * 7919 % 10**9:09d}")
            and (spell(phone) in (said := logged(spell, phone)) or phone in said or "詹澜" in said)]  # fmt: skip


@pytest.mark.parametrize("spell", SPELLINGS)
def test_no_spelling_of_a_number_comes_out_of_a_log(spell: Any) -> None:
    assert slipped(spell) == []


# Prompts


class Recorder(GenericFakeChatModel):
    """A model that understands nothing and keeps what it was sent."""

    messages: Iterator[AIMessage | str] = iter(())
    sent: list[str] = Field(default_factory=list)

    def bind_tools(self, tools: Any, **kwargs: Any) -> Recorder:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.sent.extend(str(message.content) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage("{}"))])


def prompts(core: Core, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a model is sent while a rep talks about people in sentences nobody understands."""
    policy = core.policies.model("llm", ModelPolicy)
    generous = policy.model_copy(update={"messages_an_hour": 10**6, "tokens_a_day": 10**9, "tokens_a_day_all": 10**9})
    monkeypatch.setattr(Thinking, "_policy", lambda self, actor: generous)
    model, brain = Recorder(), Rooms(core)
    thinking = Thinking(core, LanguageModel(ModelSettings("recorder:model"), chat=model))
    try:
        terminal = Terminal(core, "rep1", brain, thinking=thinking)
        for n, spell in enumerate(SPELLINGS):
            terminal.say(f"那位老哥{spell(f'1386000{n:04d}')}这事咱们咋个弄法才好嘛 LFV3A23C8J31000{n:02d} 浙A{n:02d}QZ8")
    finally:
        thinking.close()
        brain.close()
    return model.sent


def told_to_the_model(sent: list[str]) -> list[str]:
    """Numbers, VINs and plates in what was sent, in any spelling."""
    handles = [(spell(f"1386000{n:04d}"), f"LFV3A23C8J31000{n:02d}", f"浙A{n:02d}QZ8") for n, spell in enumerate(SPELLINGS)]
    return [one for texts in handles for one in texts if any(one in text for text in sent)]


def test_a_model_is_told_nothing_that_identifies(demo: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = prompts(demo, monkeypatch)
    assert len(sent) >= len(SPELLINGS) // 2
    assert told_to_the_model(sent) == []


# Planted bugs: each turns the suite red


def test_it_would_be_seen_if_lists_forgot_whose_they_are(demo: Core, plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccessTable, "clause", lambda self, actor, resource, action, table: table.tenant == actor.tenant)
    assert leaks(demo, plot, QUESTIONS, ("rep1",))


def test_it_would_be_seen_if_numbers_were_not_masked(demo: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "is_masked", lambda reader, row: False)
    assert numbers_shown(demo, "rep1")


def test_it_would_be_seen_if_logs_took_any_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "only_allowed", lambda _, __, event: event)
    assert slipped(SPELLINGS[0])


def test_it_would_be_seen_if_prompts_were_sent_as_said(demo: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redaction, "hide", lambda self, text: text)
    assert told_to_the_model(prompts(demo, monkeypatch))
