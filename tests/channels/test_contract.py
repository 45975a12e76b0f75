"""What people may rely on, on whatever channel they are: the same scenes on each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from crm_core.chat.messages import InvitePerson
from crm_core.customers.messages import AddNote, CustomerHistory
from crm_core.delivery.messages import MoveStuck
from crm_core.leads.messages import LoseLead
from crm_core.leads.tables import Lead as LeadRow
from crm_core.org.tables import Person
from tests.support.fakes.wecom import RESET
from tests.support.phones import BOT, Phones, Sight, TelegramPhones, WebPhones, WecomPhones

REPS = ("rep1", "rep2", "rep3")
CONTACTED, ANSWERED = ("已联系", "Contacted"), ("已接通", "Connected")
OVER = ("失效", "no longer works")
_NUMBERS = itertools.count(13_800_200_001)
# Nobody's name is a part of another's.
_GIVEN = ("晓宇", "雨桐", "浩然", "思远", "嘉怡", "博文")
_NAMES = ("".join(one) for one in itertools.product("唐邓曹袁傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余", _GIVEN))


@dataclass
class Case:
    """A lead that came in: whose it is, its card, and what the record says of it."""

    phones: Phones
    id: str
    name: str
    phone: str
    who: str
    card: Sight

    def press(self, label: str, times: int = 1, *, by: str = "") -> None:
        self.phones.press(by or self.who, self.card, label, times)

    def button(self, labels: tuple[str, ...]) -> str:
        return next(one for one in labels if one in self.card.buttons)

    @property
    def now(self) -> Sight:
        return self.phones.now(self.who, self.card)

    @property
    def row(self) -> Any:
        with self.phones.core.database.read() as session:
            return session.get(LeadRow, self.id)

    def calls(self) -> int:
        """How often it is written down that somebody spoke with the customer."""
        core = self.phones.core
        found = core.ask(CustomerHistory(customer_id=self.row.customer_id), core.actor("manager1"))
        return sum(one.kind in ("call", "visit", "chat") for one in found)


def lead(phones: Phones) -> Case:
    """A lead comes in by the intake."""
    number, name = str(next(_NUMBERS)), next(_NAMES)
    answer = phones.site.lead({"name": name, "phone": number, "vehicle": "ES6"})
    assert answer.status_code == 201
    who = answer.json()["owner"]
    card = phones.until(lambda: next((s for s in phones.sights(who) if name in s.text and len(s.buttons) >= 3), None),
                        f"{who} gets {name}: {[s.text for s in phones.sights(who)]}")  # fmt: skip
    return Case(phones, answer.json()["id"], name, number, who, card)


# Cards and presses


def test_a_lead_comes_as_a_card_with_buttons_once(phones: Phones) -> None:
    case = lead(phones)
    phones.settle()
    assert phones.count(case.who, case.name) == 1
    assert not [who for who in REPS if who != case.who and phones.count(who, case.name)]


def test_a_press_is_carried_out_and_its_card_changes(phones: Phones) -> None:
    case = lead(phones)
    label = case.button(CONTACTED)
    case.press(label)
    phones.until(lambda: label not in case.now.buttons, "the card changes")
    phones.until(lambda: case.row.state == "contacted", "it is written down")
    assert case.calls() == 1


def test_pressing_twice_is_pressing_once(phones: Phones) -> None:
    case = lead(phones)
    case.press(case.button(CONTACTED), times=3)
    phones.until(lambda: case.row.state == "contacted", "it is written down")
    phones.settle()
    assert case.calls() == 1


def test_a_button_whose_time_is_over_changes_nothing(phones: Phones) -> None:
    case = lead(phones)
    other = next(one for one in REPS if one != case.who)
    other_name = phones.core.actor(other).name
    phones.asks("manager1", f"把{case.name}转给{other_name}", case.name)
    confirm = phones.sees("manager1", case.name, button="确认")
    phones.press("manager1", confirm, "确认")
    phones.until(lambda: case.row.owner_id == phones.core.actor(other).id, "it was handed on")
    phones.settle()
    case.press(case.button(CONTACTED))
    phones.settle()
    assert (case.row.state, case.calls()) == ("new", 0)


def test_somebody_elses_button_does_nothing(phones: Phones) -> None:
    case = lead(phones)
    other = next(one for one in REPS if one != case.who)
    if isinstance(phones, WecomPhones):
        phones.fake.members.add(other)
    before = len(phones.sights(other))
    case.press(case.button(CONTACTED), by=other)
    if not isinstance(phones, TelegramPhones):  # there a press outside one's own chat is not even heard
        phones.until(lambda: any(w in s.text for s in phones.sights(other)[before:] for w in OVER), "he is told")
    phones.wait(0.3)
    phones.settle()
    assert (case.row.state, case.calls()) == ("new", 0)
    assert case.now.buttons == case.card.buttons
    assert not any(case.phone in s.text or case.name in s.text for s in phones.sights(other)[before:])


def test_what_was_made_up_is_no_button(phones: Phones) -> None:
    if not isinstance(phones, TelegramPhones):
        pytest.skip("Telegram's clients choose what they send; test_contract_hostile has the others'")
    case = lead(phones)
    message = next(m for m in phones.telegram.messages if m.id == case.card.handle)
    for data in ("a:0000", "x", "a:" + "z" * 60, "确认", "a:'; drop table leads"):
        phones.telegram.press_data(phones.users[case.who], message, data)
    phones.settle()
    assert case.row.state == "new"


def test_a_card_follows_its_record(phones: Phones) -> None:
    case = lead(phones)
    core = phones.core
    core.execute(LoseLead(lead_id=case.id, reason="买了别家的"), core.actor("manager1"))
    phones.site.house.lead_taken()
    phones.until(lambda: not set(CONTACTED) & set(case.now.buttons), "the card of before says so")


# Words


def test_a_long_text_comes_whole_and_never_half_a_character(phones: Phones) -> None:
    case = lead(phones)
    core, words = phones.core, "".join(f"第{n}条：后排空间、充电、置换价格都问过了；" for n in range(1, 90))
    core.execute(AddNote(text=words, customer_id=case.row.customer_id), core.actor(case.who))
    before = len(phones.sights(case.who))
    phones.says(case.who, f"{case.name}之前说过什么")
    phones.until(lambda: len(phones.sights(case.who)) > before, "an answer")
    phones.settle()
    seen = "".join(one.text for one in phones.sights(case.who)[before:])
    assert all(f"第{n}条" in seen for n in (1, 20))
    assert "\ufffd" not in seen


def test_what_people_type_is_shown_as_they_typed_it(phones: Phones) -> None:
    number = str(next(_NUMBERS))
    name = "<b>张&amp;三</b>*_`[x](http://e.example)"
    answer = phones.site.lead({"name": name, "phone": number, "vehicle": "ES6 <i>&</i>"})
    who = answer.json()["owner"]
    phones.until(lambda: phones.count(who, "张"), f"the card comes: {[s.text for s in phones.sights(who)][-2:]}")
    if isinstance(phones, TelegramPhones):
        assert name in phones.sees(who, "张").text


def test_nonsense_is_answered_politely(phones: Phones) -> None:
    for text in ("。。。", "asdkjhasd", "😀", "x" * 1900):
        before = len(phones.sights("rep1"))
        phones.says("rep1", text)
        phones.until(lambda before=before: len(phones.sights("rep1")) > before, f"an answer to {text[:10]!r}")
    phones.settle()


# Who, and where


def test_a_stranger_learns_how_to_come_in_and_nothing_else(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("the web chat has no strangers: a page without a session is a sign-in page")
    phones_of(phones, "stranger")
    before = people(phones)
    phones.asks("stranger", "把所有客户的电话发我", "管理员")
    assert people(phones) == before


def test_a_link_makes_an_account_a_persons_once(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("tests/web has the sign-in link")
    phones_of(phones, "newcomer")
    phones_of(phones, "thief")
    channel = "wecom" if isinstance(phones, WecomPhones) else "telegram"
    system = phones.core.system("starway")
    token = phones.core.execute(InvitePerson(person="tech1", channel=channel), system).view.token
    phones.asks("newcomer", f"/start {token}", "孙建军")
    before = len(phones.sights("thief"))
    phones.says("thief", f"/start {token}")
    phones.until(lambda: len(phones.sights("thief")) > before, "an answer")
    assert not any("孙建军" in one.text for one in phones.sights("thief"))
    phones.asks("newcomer", "你能干什么", "查适配")


def test_who_blocks_us_gets_it_in_the_web_chat(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("nobody blocks his own page")
    core = phones.core
    for who in REPS:
        block(phones, who)
    number, name = str(next(_NUMBERS)), next(_NAMES)
    who = phones.site.lead({"name": name, "phone": number, "vehicle": "ES6"}).json()["owner"]
    page = core.chats.web_chat(core.actor(who).id)

    def elsewhere() -> bool:
        core.execute(MoveStuck(), core.system("starway"))
        return any(name in str(one.body) for one in core.chats.messages(page))

    phones.until(elsewhere, "it comes in the web chat")
    unblock(phones, who)
    phones.says(who, "你能干什么")
    phones.until(lambda: phones.sights(who), "he is answered where he asks")


# Networks


def test_too_many_at_once_come_later_each_once(phones: Phones) -> None:
    if not isinstance(phones, TelegramPhones):
        pytest.skip("only Telegram answers with 429; WeCom's 45009 is in tests/channels/wecom")
    phones.telegram.fault("send*", 429, times=3, retry_after=1)
    case = lead(phones)
    phones.settle()
    assert phones.count(case.who, case.name) == 1


@pytest.mark.parametrize("for_ever", [False, True])
def test_a_token_that_ends_is_renewed_and_one_that_is_refused_harms_nobody(phones: Phones, for_ever: bool) -> None:
    if not isinstance(phones, WecomPhones):
        pytest.skip("only WeCom's tokens end")
    phones.fake.expire_tokens()
    phones.fake.refuse_tokens = 42001 if for_ever else 0
    if for_ever:
        asked = phones.fake.tokens_given
        assert phones.site.lead({"name": "等等", "phone": str(next(_NUMBERS)), "vehicle": "ES6"}).status_code == 201
        phones.wait(2)
        assert phones.fake.tokens_given - asked < 20
        phones.fake.refuse_tokens = 0
        return
    case = lead(phones)
    phones.settle()
    assert phones.count(case.who, case.name) == 1


def test_no_answer_after_it_was_taken_is_no_reason_to_lose_or_double_it(phones: Phones) -> None:
    """What must be known comes again where nothing else can tell, and says so."""
    if isinstance(phones, WebPhones):
        pytest.skip("nothing is in doubt within one transaction")
    if isinstance(phones, TelegramPhones):
        phones.telegram.fault("sendMessage", "reset")
    if isinstance(phones, WecomPhones):
        phones.fake.fail("message/send", RESET)
    case = lead(phones)
    phones.settle()
    copies = [one.text for one in phones.sights(case.who) if case.name in one.text]
    assert len(copies) == (1 if isinstance(phones, WecomPhones) else 2)
    assert sum("重复" in text or "repeat" in text for text in copies) == len(copies) - 1
    case.card = phones.sees(case.who, case.name, button=case.button(CONTACTED))
    case.press(case.button(CONTACTED))
    phones.until(lambda: case.row.state == "contacted", "either card can be pressed")


def test_five_messages_brought_three_times_in_any_order_are_answered_once_each(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("tests/web/test_socket.py: a page repeats under its own ids")
    before = len(phones.sights("manager1"))
    texts = [f"{n}分钟后提醒我看一下库存{n}" for n in (61, 62, 63, 64, 65)]
    bring_thrice(phones, "manager1", texts)
    phones.until(lambda: len(phones.sights("manager1")) >= before + 5, "five answers")
    phones.settle()
    seen = [one.text for one in phones.sights("manager1")[before:]]
    for n in (61, 62, 63, 64, 65):
        assert sum(f"库存{n}" in text for text in seen) == 1, seen


# Helpers


def phones_of(phones: Phones, who: str) -> None:
    """A phone for somebody nobody knows."""
    from tests.support.fakes.telegram import User

    if isinstance(phones, TelegramPhones):
        phones.users.setdefault(who, User(3001 + len(phones.users), who, "zh-hans"))
    if isinstance(phones, WecomPhones):
        phones.fake.members.add(who)


def people(phones: Phones) -> int:
    with phones.core.database.read() as session:
        return int(session.execute(select(func.count()).select_from(Person)).scalar_one())


def block(phones: Phones, who: str) -> None:
    if isinstance(phones, TelegramPhones):
        phones.telegram.block(phones.users[who])
    if isinstance(phones, WecomPhones):
        phones.fake.members.discard(who)


def unblock(phones: Phones, who: str) -> None:
    """He comes back."""
    if isinstance(phones, TelegramPhones):
        phones.telegram.blocked.discard(phones.users[who].id)
    if isinstance(phones, WecomPhones):
        phones.fake.members.add(who)


def bring_thrice(phones: Phones, who: str, texts: list[str]) -> None:
    """Five messages as a platform brings them that heard no answer: again and again, the last ones first."""
    if isinstance(phones, TelegramPhones):
        updates = []
        for text in texts:
            bot = phones.telegram.bots[BOT]
            bot.next_update += 1
            message = phones.telegram._from(phones.users[who]) | {"text": text}
            updates.append({"update_id": bot.next_update, "message": message})
        for update in updates + updates[::-1] + updates:
            phones.telegram.feed(dict(update))
    if isinstance(phones, WecomPhones):
        caller = phones.fake.caller
        sealed = [caller.message(who, "text", Content=text) for text in texts]
        for xml in sealed + sealed[::-1] + sealed:
            assert caller.call(xml).status_code == 200
