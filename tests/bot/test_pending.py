"""What a chat remembers, for how long, and that it survives being stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from bot.conversation.pending import MAX_DRAFTS, MAX_SETTLED, Draft, Memory
from crm_core.concepts import load_all
from crm_core.deals.messages import SetLevel

NOW = datetime(2026, 11, 21, 6, 20, tzinfo=UTC)


def again(memory: Memory, later: timedelta = timedelta()) -> Memory:
    return Memory.load(json.loads(json.dumps(memory.save(), default=str)), NOW + later)


def test_a_draft_survives_storage_with_its_command() -> None:
    load_all()
    memory = Memory()
    draft = Draft("set_level", {"level": {"value": "A", "words": "A级"}}, {"person": "c1"})
    command = SetLevel(deal_id="d1", level="A", version=3)
    draft.keep_command(command)
    memory.put(draft, NOW)
    waiting = again(memory).waiting
    assert waiting is not None
    assert waiting.kept_command() == command
    assert (waiting.words("level"), waiting.chosen) == ("A级", {"person": "c1"})


def test_a_question_is_forgotten_sooner_than_a_card() -> None:
    memory = Memory()
    memory.put(Draft("remind_me", asked="when"), NOW)
    assert again(memory, timedelta(minutes=29)).waiting is not None
    assert again(memory, timedelta(minutes=31)).waiting is None
    memory = Memory()
    memory.put(Draft("set_level"), NOW)
    assert again(memory, timedelta(minutes=31)).waiting is not None
    assert again(memory, timedelta(hours=3)).waiting is None


def test_a_new_value_needs_its_record_found_anew() -> None:
    draft = Draft("set_level", {"person": {"value": "李总", "words": "李总"}}, {"person": "c1"})
    draft.fill({"person": {"value": "王总", "words": "王总"}})
    assert draft.chosen == {}
    assert draft.command is None


def test_a_settled_draft_says_what_became_of_it() -> None:
    memory = Memory()
    draft = Draft("set_level")
    memory.put(draft, NOW)
    memory.settle(draft.token, "好了")
    assert memory.waiting is None
    assert again(memory).settled[draft.token] == "好了"


def test_memory_is_bounded() -> None:
    memory = Memory()
    for _ in range(20):
        draft = Draft("set_level")
        memory.put(draft, NOW)
        memory.settle(draft.token, "x")
        memory.put(Draft("set_stage"), NOW)
    assert len(memory.drafts) <= MAX_DRAFTS
    assert len(memory.settled) <= MAX_SETTLED


def test_focus_moves_with_the_customer_and_fades() -> None:
    memory = Memory()
    memory.look_at("customer", "c1", "李建国", NOW)
    memory.look_at("lead", "l1", "", NOW)
    assert memory.looking_at("lead", NOW) == "l1"
    memory.look_at("customer", "c2", "李建军", NOW)
    assert memory.looking_at("lead", NOW) is None
    assert memory.focus_name(NOW) == "李建军"
    assert memory.focus_name(NOW + timedelta(hours=3)) is None
