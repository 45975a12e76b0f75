"""Colleagues in WeCom: what they say is answered, and their cards change as things happen."""

from __future__ import annotations

from sqlalchemy import func, select

from crm_core.kernel.tables import Blob, Inbox, Outbox
from tests.support.fakes.wecom import HTML, RESET, Accepted
from tests.support.fakes.wecom_site import WecomSite


def lead(office: WecomSite, name: str = "张伟", phone: str = "13800138000") -> Accepted:
    """A lead comes in; the card its rep gets."""
    before = len(office.fake.sent_to("rep1"))
    assert office.site.lead({"name": name, "phone": phone, "vehicle": "ES6"}).status_code == 201
    return office.fake.wait_for("rep1", before + 1)[before]


def test_url_is_proven(office: WecomSite) -> None:
    answer = office.fake.caller.prove("1616140317555161061")
    assert (answer.status_code, answer.content) == (200, b"1616140317555161061")


def test_rep_asks_and_is_answered(office: WecomSite) -> None:
    (answer,) = office.says("rep1", "你能干什么")
    assert answer.body["agentid"] == int(office.fake.agent)
    assert answer.body["touser"] == "rep1"
    assert "线索" in str(answer.body)


def test_rep_works_off_a_lead(office: WecomSite) -> None:
    card = lead(office)
    assert (card.text, card.kind) == ("新线索：张伟", "template_card")
    drawn = office.fake.cards[card.task]
    office.presses("rep1", card, "已联系")
    asked = office.fake.wait_for("rep1", 2)[1]
    assert asked.text == "张伟联系得怎么样？"
    office.wait(lambda: drawn.card["main_title"].get("desc") == "已联系")
    assert "已联系" not in [one["text"] for one in drawn.card["button_list"]]
    office.presses("rep1", asked, "有意向")
    office.wait(lambda: office.fake.cards[asked.task].greyed == "有意向")


def test_press_that_is_called_back_three_times_is_one(office: WecomSite) -> None:
    card = lead(office)
    caller, drawn = office.fake.caller, office.fake.cards[card.task]
    key = drawn.card["button_list"][0]["key"]
    words = caller.press("rep1", card.task, key, office.fake.new_code(card.task))
    for _ in range(3):
        assert caller.post(caller.sealed(words)).status_code == 200
    office.fake.wait_for("rep1", 2)
    office.says("rep1", "你好")
    assert [one.text for one in office.fake.sent_to("rep1")].count("张伟联系得怎么样？") == 1


def test_somebody_elses_button_does_nothing(office: WecomSite) -> None:
    card = lead(office)
    key = office.fake.cards[card.task].card["button_list"][0]["key"]
    office.fake.caller.presses("rep2", card.task, key, "no-code")
    (answer,) = office.fake.wait_for("rep2")
    assert "联系得怎么样" not in answer.text
    assert office.fake.cards[card.task].card["button_list"][0]["text"] == "已联系"


def test_stranger_is_told_how_to_get_in_and_nothing_else(office: WecomSite) -> None:
    office.fake.caller.says("zhang.san", "张伟的电话是多少")
    (answer,) = office.fake.wait_for("zhang.san")
    assert "13800138000" not in str(answer.body)


def test_menu_is_there_and_says_what_people_would_type(office: WecomSite) -> None:
    office.wait(lambda: office.fake.menu is not None)
    assert office.fake.menu is not None
    key = office.fake.menu["button"][0]["key"]
    office.fake.caller.happens("rep1", "click", EventKey=key)
    assert office.fake.wait_for("rep1")


def test_picture_somebody_sends_is_kept(office: WecomSite) -> None:
    office.fake.media["m-1"] = b"\xff\xd8\xff\xe0" + b"\x01" * 400
    office.fake.caller.call(office.fake.caller.message("rep1", "image", PicUrl="http://x", MediaId="m-1"))
    assert office.fake.wait_for("rep1")
    with office.core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Blob)).scalar() == 1


def test_picture_that_is_gone_is_told(office: WecomSite) -> None:
    office.fake.caller.call(office.fake.caller.message("rep1", "image", PicUrl="http://x", MediaId="none"))
    (answer,) = office.fake.wait_for("rep1")
    assert "再发一次" in answer.text


def test_what_happens_to_the_answer_of_a_send_doubles_nothing(office: WecomSite) -> None:
    office.fake.fail("message/send", RESET, HTML)
    card = lead(office)
    office.wait(lambda: len([one for one in office.fake.accepted if one.task == card.task]) == 3)
    office.says("rep1", "你好")
    assert [one.text for one in office.fake.sent_to("rep1")].count("新线索：张伟") == 1


def test_admin_hears_that_the_address_is_not_allowed(office: WecomSite) -> None:
    from crm_core.delivery.messages import Troubles

    office.fake.fail("message/send", 60020)
    office.site.lead({"name": "张伟", "phone": "13800138000"})
    system = office.core.system("starway")

    def told() -> list[tuple[str, str]]:
        return [
            (one.kind, one.what)
            for one in office.core.ask(Troubles(), system)
            if one.kind.startswith("account_")
        ]

    office.wait(lambda: bool(told()))
    assert told() == [("account_address", f"wecom:{office.fake.corp}-{office.fake.agent} 203.0.113.9")]


def test_fifteen_calls_of_five_messages_are_five_answers(office: WecomSite) -> None:
    caller = office.fake.caller
    words = [caller.message("rep1", "text", Content="你能干什么") for _ in range(5)]
    for one in [*words, *reversed(words), *words]:
        assert caller.post(caller.sealed(one)).status_code == 200
    office.fake.wait_for("rep1", 5)
    with office.core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Inbox)).scalar() == 5
    office.says("rep1", "你好")
    assert len(office.fake.accepted) == 6


def test_opening_the_app_greets_once_a_while(office: WecomSite) -> None:
    def settled() -> bool:
        """Whatever arrived is worked off, and whatever answers it is sent."""
        with office.core.database.read() as session:
            waits = select(func.count()).select_from
            inbox = session.execute(waits(Inbox).where(Inbox.state < 2)).scalar_one()  # type: ignore[arg-type]
            outbox = session.execute(waits(Outbox).where(Outbox.state < 2)).scalar_one()  # type: ignore[arg-type]
            return not (inbox or outbox)

    def enter() -> int:
        assert office.fake.caller.happens("rep1", "enter_agent", EventKey="").status_code == 200
        office.wait(settled)
        return len(office.fake.sent_to("rep1"))

    greeted = enter()
    assert "陈晓明" in office.fake.sent_to("rep1")[0].text
    assert [enter(), enter()] == [greeted, greeted]
