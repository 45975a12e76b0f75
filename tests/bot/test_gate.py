"""The one gate: what is done at once, what is asked, what is shown first, and that nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.terminal import Terminal
from crm_core.api import Core
from crm_core.customers.messages import CustomerHistory, FindCustomers
from crm_core.deals.messages import OpenDeals
from crm_core.leads.messages import MyLeads
from intents.types import Command
from tests.bot.conftest import Scripted, Wire, slots

Terminals = Callable[[str], Terminal]


def lead(brain: Scripted, text: str = "lead", **more: Any) -> str:
    values = {"person": "张伟", "phone": "13800138000", "vehicle": "ES6"} | more
    brain.learn(text, Command("create_lead", slots(**values)))
    return text


def labels(shown: Any) -> list[str]:
    return [b.label for r in shown.replies if r.card for b in r.card.buttons]


def leads(core: Core, person: str = "rep1") -> list[Any]:
    found: list[Any] = core.ask(MyLeads(), core.actor(person))
    return found


def test_a_complete_lead_is_written_at_once(terminal: Terminals, brain: Scripted, dealer: Core) -> None:
    shown = terminal("rep1").say(lead(brain))
    assert shown.commands == ["CreateLead"]
    assert [x.name for x in leads(dealer)] == ["张伟"]
    assert labels(shown) == ["已联系", "改约", "转派", "战败", "改", "撤销"]


def test_a_model_reading_is_always_confirmed(terminal: Terminals, brain: Scripted, dealer: Core) -> None:
    brain.layer = "model"
    shown = terminal("rep1").say(lead(brain))
    assert shown.commands == []
    assert leads(dealer) == []
    assert labels(shown) == ["确认", "改", "取消"]
    assert {f.words for f in shown.replies[0].card.fields} >= {"张伟", "13800138000"}  # type: ignore[union-attr]
    terminal("rep1").press("确认")
    assert len(leads(dealer)) == 1


@pytest.mark.parametrize(
    ("intent", "values"),
    [
        ("set_stage", {"person": "张伟", "stage": "needs"}),
        ("set_level", {"person": "张伟", "level": "A"}),
        ("set_expected_close", {"person": "张伟", "when": "2026-12-01"}),
        ("mark_lost", {"person": "张伟", "reason": "买了别家"}),
        ("book_test_drive", {"person": "张伟", "when": "2026-12-01T15:00:00+08:00"}),
        ("create_quote", {"person": "张伟", "money": 330_000}),
        ("request_discount", {"person": "张伟", "money": 8000}),
        ("transfer_customer", {"person": "张伟", "person_to": "林佳"}),
        ("assign_lead", {"person": "张伟", "person_to": "林佳"}),
    ],
)
def test_costly_changes_are_shown_first(
    terminal: Terminals, brain: Scripted, dealer: Core, intent: str, values: dict[str, Any]
) -> None:
    rep = terminal("rep1")
    rep.say(lead(brain))
    before = leads(dealer)
    brain.learn("do it", Command(intent, slots(**values)))
    shown = rep.say("do it")
    assert shown.commands == []
    assert [r.card.kind for r in shown.replies if r.card] == ["confirm"]
    assert leads(dealer) == before
    done = rep.press("确认")
    assert len(done.commands) == 1


@pytest.mark.parametrize(
    ("intent", "values", "slot"),
    [
        ("create_lead", {"vehicle": "ES6"}, "person"),
        ("remind_me", {"text": "打电话"}, "when"),
        ("add_note", {}, "text"),
        ("set_level", {"person": "李建国"}, None),
        ("ask_profile", {}, "person"),
        ("book_test_drive", {"person": "李建国"}, "when"),
    ],
)
def test_what_is_missing_is_asked_once(
    terminal: Terminals, brain: Scripted, intent: str, values: dict[str, Any], slot: str | None
) -> None:
    brain.learn("do it", Command(intent, slots(**values)))
    shown = terminal("rep1").say("do it")
    assert len(shown.replies) == 1
    terminal("rep1").say("???x")
    context = brain.heard[-1][1]
    assert context is not None
    assert context.asked_slot == slot


def test_reprompts_differ_and_the_third_offers_a_way_out(terminal: Terminals, brain: Scripted) -> None:
    rep = terminal("rep1")
    brain.learn("remind", Command("remind_me", slots(text="打电话")))
    rep.say("remind")
    said = [rep.say("blah") for _ in range(3)]
    assert len({s.replies[0].text or s.replies[0].card.title for s in said}) == 3  # type: ignore[union-attr]
    assert labels(said[2]) == ["重新来", "取消"]
    assert rep.press("重新来").replies[0].text == "什么时候提醒你？"


def test_two_people_of_one_name_become_chips(terminal: Terminals, brain: Scripted) -> None:
    rep = terminal("rep1")
    brain.learn("who", Command("ask_profile", slots(person="李总")))
    shown = rep.say("who")
    assert len(labels(shown)) == 2
    assert all(("1111" in x) or ("2222" in x) for x in labels(shown))
    chosen = rep.press(next(x for x in labels(shown) if "2222" in x))
    assert chosen.replies[0].card is not None
    assert chosen.replies[0].card.title == "李建军"


def test_an_unknown_person_can_be_written_down_and_the_wish_goes_on(
    terminal: Terminals, brain: Scripted, dealer: Core
) -> None:
    rep = terminal("rep1")
    brain.learn("level", Command("set_level", slots(person="郑小满", level="A")))
    assert labels(rep.say("level")) == ["新建线索"]
    shown = rep.press("新建线索")
    assert shown.commands == ["CreateLead"]
    assert [r.card.kind for r in shown.replies if r.card] == ["lead", "confirm"]


def test_several_commands_of_one_message(terminal: Terminals, brain: Scripted, dealer: Core) -> None:
    brain.learn("both", Command("create_lead", slots(person="张伟", phone="13800138000", vehicle="ES6")),
                Command("book_test_drive", slots(person="张伟", when="2026-12-01T15:00:00+08:00")))  # fmt: skip
    rep = terminal("rep1")
    shown = rep.say("both")
    assert shown.commands == ["CreateLead"]
    assert [r.card.kind for r in shown.replies if r.card] == ["lead", "confirm"]
    assert rep.press("确认").commands == ["Book"]


def test_a_bare_yes_binds_only_to_a_card_that_waits(terminal: Terminals, brain: Scripted) -> None:
    rep = terminal("rep1")
    brain.learn("好", Command("confirm"))
    assert rep.say("好").commands == []
    rep.say(lead(brain))
    brain.learn("level", Command("set_level", slots(person="张伟", level="A")))
    rep.say("level")
    assert rep.say("好").commands == ["SetLevel"]
    assert rep.say("好").commands == []


def test_the_same_press_twice_has_one_effect_and_one_answer(wire: Wire, brain: Scripted, dealer: Core) -> None:
    wire.say("rep1", lead(brain))
    brain.learn("discount", Command("request_discount", slots(person="张伟", money=3000)))
    card = wire.say("rep1", "discount").replies[0].card
    assert card is not None
    confirm = card.buttons[0].id
    first, second = wire.say("rep1", action=confirm), wire.say("rep1", action=confirm)
    assert first.commands == ["RequestDiscount"]
    assert first.replies[0].card is not None
    assert second.commands == []
    assert second.replies[0].text == f"已经确认过了：{first.replies[0].card.title}"
    person = dealer.ask(FindCustomers(words="张伟"), dealer.actor("rep1"))[0]
    assert dealer.ask(OpenDeals(customer_id=person.id), dealer.actor("rep1"))[0].discount_fen == 300_000


def test_a_crash_between_doing_and_answering_does_it_once(
    wire: Wire, brain: Scripted, dealer: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is committed, the process dies, the arrival is taken again after its lease."""
    brain.learn("note", Command("add_note", slots(person="李建国", text="只认4S店")))
    inbox_id = wire.receive("rep1", "note")
    (arrival,) = dealer.inbox.claim(dealer.now(), 1, only=inbox_id)
    with monkeypatch.context() as patch:
        patch.setattr(dealer.chats, "finish", _die)
        with pytest.raises(KeyboardInterrupt):
            wire.pipeline.process(arrival)
    dealer.clock.advance(minutes=5)  # type: ignore[attr-defined]
    (arrival,) = dealer.inbox.claim(dealer.now(), 1, only=inbox_id)
    turn = wire.pipeline.process(arrival)
    assert "只认4S店" in str(turn.replies)
    person = dealer.ask(FindCustomers(words="李建国"), dealer.actor("rep1"))[0]
    history = dealer.ask(CustomerHistory(customer_id=person.id, kinds=("note",)), dealer.actor("rep1"))
    assert [r.text for r in history] == ["只认4S店"]


def _die(*args: object, **kw: object) -> None:
    raise KeyboardInterrupt


def test_a_button_is_its_addressees_alone(wire: Wire, brain: Scripted) -> None:
    card = wire.say("rep1", lead(brain)).replies[0].card
    assert card is not None
    turn = wire.say("rep2", action=card.buttons[0].id)
    assert turn.commands == []
    assert "失效" in str(turn.replies[0].text)


def test_a_typed_label_is_a_press_of_the_newest_card(wire: Wire, brain: Scripted) -> None:
    wire.say("rep1", lead(brain))
    assert wire.say("rep2", "已联系").commands == []
    turn = wire.say("rep1", "已联系")
    assert turn.commands == ["MarkContacted"]
    assert wire.say("rep1", "有意向").commands == ["UndoLast", "MarkContacted"]


def test_an_old_button_says_so(wire: Wire, brain: Scripted, dealer: Core) -> None:
    card = wire.say("rep1", lead(brain)).replies[0].card
    assert card is not None
    dealer.clock.advance(days=31)  # type: ignore[attr-defined]
    turn = wire.say("rep1", action=card.buttons[0].id)
    assert turn.commands == []
    assert "过期" in str(turn.replies[0].text)
