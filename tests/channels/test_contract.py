"""What people may rely on, on whatever channel they are: the same scenes on each."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.reception.plainly import JOINER
from crm_core.chat.messages import Image, InvitePerson, MyAccounts, UnbindAccount
from crm_core.customers.messages import AddNote, CustomerHistory
from crm_core.delivery.messages import MoveStuck
from crm_core.leads.messages import LoseLead
from crm_core.org.tables import Person
from tests.support.cases import NAMES, NUMBERS, REPS, lead
from tests.support.phones import Phones, TelegramPhones, WebPhones, WecomPhones

CONTACTED = ("已联系", "Contacted")
OVER = ("失效", "no longer works")


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
    number = str(next(NUMBERS))
    name = "<b>张&amp;三</b>*_`[x](http://e.example)"
    answer = phones.site.lead({"name": name, "phone": number, "vehicle": "ES6 <i>&</i>"})
    who = answer.json()["owner"]
    phones.until(lambda: phones.count(who, "张"), f"the card comes: {[s.text for s in phones.sights(who)][-2:]}")
    if isinstance(phones, TelegramPhones):
        # A word joiner, which nobody sees, keeps it from being a link.
        assert name in phones.sees(who, "张").text.replace(JOINER, "")


def test_nonsense_is_answered_politely(phones: Phones) -> None:
    for text in ("。。。", "asdkjhasd", "😀", "x" * 1900):
        before = len(phones.sights("rep1"))
        phones.says("rep1", text)
        phones.until(lambda before=before: len(phones.sights("rep1")) > before, f"an answer to {text[:10]!r}")
    phones.settle()


# Pictures

PHOTO = b"\xff\xd8\xff\xe0" + bytes(600)


def test_a_picture_goes_to_the_record_of_whom_it_belongs_to_and_comes_back(phones: Phones) -> None:
    case = lead(phones)
    phones.sends_picture(case.who, PHOTO, case.name)
    phones.sees(case.who, case.name, button="撤销" if case.who != "rep3" else "Undo")
    core = phones.core
    history = core.ask(CustomerHistory(customer_id=case.row.customer_id), core.actor(case.who))
    (kept,) = [one for one in history if one.image_id]
    assert core.ask(Image(image_id=kept.image_id), core.actor(case.who)).content == PHOTO
    before = len(phones.sights(case.who))
    phones.says(case.who, f"{case.name}之前说过什么")
    phones.until(lambda: any(one.picture for one in phones.sights(case.who)[before:]), "the picture is shown")
    assert phones.shown(case.who) == PHOTO


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


def test_an_account_that_is_given_up_is_told_once_and_then_nothing(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("the web chat is there for whoever has nothing else, and is never given up")
    case = lead(phones)
    core, who, label = phones.core, case.who, case.button(CONTACTED)
    mine = core.ask(MyAccounts(), core.actor(who))
    account = next(one for one in mine if one.channel != "web")
    before = len(phones.sights(who))
    # What the corp's list vouches for, an administrator ends.
    core.execute(UnbindAccount(identity_id=account.id), core.actor("admin1" if isinstance(phones, WecomPhones) else who))
    phones.site.house.lead_taken()
    phones.sees(who, "解绑" if core.actor(who).language == "zh" else "unbound", after=before)
    core.execute(LoseLead(lead_id=case.id, reason="买了别家的"), core.actor("manager1"))
    for _ in range(2 * len(REPS)):
        phones.site.lead({"name": next(NAMES), "phone": str(next(NUMBERS)), "vehicle": "ES6"})
    phones.settle()
    assert len(phones.sights(who)) == before + 1
    state = case.row.state
    case.press(label)
    phones.sees(who, "管理员" if core.actor(who).language == "zh" else "your admin", after=before + 1)
    phones.settle()
    assert (case.row.state, case.calls(), len(phones.sights(who))) == (state, 0, before + 2)
    assert not any(case.name in one.text for one in phones.sights(who)[before:])


def test_who_blocks_us_gets_it_in_the_web_chat(phones: Phones) -> None:
    if isinstance(phones, WebPhones):
        pytest.skip("nobody blocks his own page")
    core = phones.core
    for who in REPS:
        block(phones, who)
    number, name = str(next(NUMBERS)), next(NAMES)
    who = phones.site.lead({"name": name, "phone": number, "vehicle": "ES6"}).json()["owner"]
    page = core.chats.web_chat(core.actor(who).id)

    def elsewhere() -> bool:
        core.execute(MoveStuck(), core.system("starway"))
        return any(name in str(one.body) for one in core.chats.messages(page))

    phones.until(elsewhere, "it comes in the web chat")
    unblock(phones, who)
    phones.says(who, "你能干什么")
    phones.until(lambda: phones.sights(who), "he is answered where he asks")


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
