"""Messages whose way is closed: nobody serves their account, or their chat reaches nobody any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.chat.messages import BindAccount
from crm_core.chat.service import Ended, Send
from crm_core.chat.tables import GroupChat, Identity
from crm_core.delivery.messages import (
    DeadLetters,
    DeliveryReport,
    LetterCard,
    MoveStuck,
    ResendDelivery,
    SkipDelivery,
    TellTroubles,
    Troubles,
)  # fmt: skip
from crm_core.kernel.errors import Conflict, Refused
from crm_core.kernel.outbox import DEAD, MOVED, PENDING, SENT, SKIPPED, UNCERTAIN, Outcome, Settled
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House

TELEGRAM, WECOM = "telegram:my_bot", "wecom:corp"


@pytest.fixture
def wired(house: House) -> House:
    """rep1 reads in Telegram, whose bot a worker serves."""
    bind(house, "rep1", "telegram", "my_bot")
    serve(house, TELEGRAM)
    return house


def bind(house: House, code: str, channel: str, account: str) -> None:
    chat = f"{channel}:{account}:{code}"
    house.core.execute(BindAccount(person_id=house.actors[code].id, channel=channel, account=account, native_id=code,  # type: ignore[arg-type]
                                   chat=chat), house.core.system("starway"))  # fmt: skip


def serve(house: House, *accounts: str) -> None:
    """A worker shows itself and says for which accounts it speaks."""
    now = house.clock.now()
    house.core.workers.beat("host:1", "worker", "0.3", now, now, accounts)


def pass_minutes(house: House, minutes: float, accounts: Iterable[str] = ()) -> None:
    house.clock.advance(minutes=minutes)
    serve(house, *accounts)
    house.core.execute(MoveStuck(), house.core.system("starway"))


def push(house: House, key: str, priority: int = Priority.MUST_KNOW, to: str = "rep1", **params: Any) -> None:
    with house.core.database.write() as session:
        uow = house.core._system_uow(session, "starway", house.clock.now())
        uow.push(house.actors[to].id, "note", key=key, priority=priority, text=key, **params)
        uow.flush_pushes()


def states(house: House) -> dict[str, tuple[int, str]]:
    """By key without its person: state and account of every note."""
    rows = house.rows(Outbox)
    return {row.dedupe_key.partition(">")[0]: (row.state, row.account) for row in rows if row.kind == "note"}


def anew(house: House, key: str) -> tuple[int, str]:
    (row,) = [row for row in house.rows(Outbox) if row.dedupe_key.startswith(f"{key}>")]
    return states(house)[f"moved:{row.id}"]


def test_what_must_be_known_goes_another_way_first(wired: House) -> None:
    push(wired, "must")
    push(wired, "nice", Priority.REMINDER)
    pass_minutes(wired, 1)
    pass_minutes(wired, 9)
    assert states(wired) == {"must": (PENDING, TELEGRAM), "nice": (PENDING, TELEGRAM)}
    pass_minutes(wired, 1)
    assert states(wired)["must"] == (MOVED, TELEGRAM)
    assert anew(wired, "must") == (PENDING, "web")
    assert states(wired)["nice"] == (PENDING, TELEGRAM)
    pass_minutes(wired, 120)
    assert anew(wired, "nice") == (PENDING, "web")


def test_nothing_moves_twice(wired: House) -> None:
    push(wired, "must")
    for _ in range(4):
        pass_minutes(wired, 10)
    assert len(states(wired)) == 2


def test_what_is_served_stays_and_a_short_absence_harms_nothing(wired: House) -> None:
    push(wired, "must")
    pass_minutes(wired, 8)
    pass_minutes(wired, 1, [TELEGRAM])
    pass_minutes(wired, 8)
    pass_minutes(wired, 8)
    assert states(wired) == {"must": (PENDING, TELEGRAM)}


def test_a_worker_that_fell_silent_serves_nobody(wired: House) -> None:
    push(wired, "must")
    for _ in range(2):
        wired.clock.advance(minutes=11)
        wired.core.execute(MoveStuck(), wired.core.system("starway"))
    assert anew(wired, "must") == (PENDING, "web")


def test_the_next_living_channel_comes_before_the_web_chat(wired: House) -> None:
    wired.clock.advance(minutes=-5)
    bind(wired, "rep1", "wecom", "corp")
    wired.clock.advance(minutes=5)
    push(wired, "must")
    pass_minutes(wired, 1, [WECOM])
    pass_minutes(wired, 11, [WECOM])
    assert anew(wired, "must") == (PENDING, WECOM)
    push(wired, "later")
    assert states(wired)["later"] == (PENDING, WECOM), "what comes later goes that way at once"
    pass_minutes(wired, 1, [WECOM, TELEGRAM])
    push(wired, "again")
    assert states(wired)["again"] == (PENDING, TELEGRAM)


def test_a_chat_that_reaches_nobody_gives_up_what_it_refused_and_what_waits(wired: House) -> None:
    core = wired.core
    push(wired, "refused")
    push(wired, "waits")
    (delivery,) = core.outbox.claim("w", core.now(), accounts=[TELEGRAM])
    settled = Settled(delivery, Outcome.DEAD, error="403 blocked", heard=Heard.NEVER)
    core.chats.settle([Ended(settled, {}, unreachable=True)], core.now())
    assert [row.dead for row in wired.rows(Identity)] == [True]
    pass_minutes(wired, 1, [TELEGRAM])
    assert [anew(wired, "refused"), anew(wired, "waits")] == [(PENDING, "web")] * 2


def test_a_try_that_may_have_arrived_is_repeated_with_a_mark_or_not_at_all(wired: House) -> None:
    core = wired.core
    push(wired, "must", chat=f"{TELEGRAM}:1")
    push(wired, "nice", Priority.REMINDER, chat=f"{TELEGRAM}:2")
    sends = [Send(one, {"text": "m"}, {"text": "m"}) for one in core.outbox.claim("w", core.now(), accounts=[TELEGRAM])]
    assert len(core.chats.begin(sends, "w", core.now())) == 2
    wired.clock.advance(seconds=61)
    assert core.outbox.reap(core.now()) == 2
    pass_minutes(wired, 1)
    pass_minutes(wired, 121)
    assert states(wired)["nice"] == (UNCERTAIN, TELEGRAM)
    (row,) = [row for row in wired.rows(Outbox) if row.dedupe_key.startswith("moved:")]
    assert core.outbox.open_payload(row.dedupe_key, row.payload_enc) == {"text": "must", "@repeat": True}


def test_a_change_of_a_card_there_is_given_up(wired: House) -> None:
    with wired.core.database.write() as session:
        uow = wired.core._system_uow(session, "starway", wired.clock.now())
        uow.push(wired.actors["rep1"].id, "@refresh", key="r", message=1)
        uow.flush_pushes()
    pass_minutes(wired, 1)
    pass_minutes(wired, 121)
    assert [row.state for row in wired.rows(Outbox) if row.kind == "@refresh"] == [SKIPPED]


def test_the_admin_sees_which_account_and_how_many_wait(wired: House) -> None:
    core, admin = wired.core, wired.actors["admin1"]
    push(wired, "must")
    push(wired, "nice", Priority.REMINDER)
    pass_minutes(wired, 5)
    (trouble,) = [t for t in core.ask(Troubles(), core.system("starway")) if t.kind != "worker_silent"]
    assert (trouble.kind, trouble.what, trouble.count) == ("unserved", TELEGRAM, 2)
    account = next(a for a in core.ask(DeliveryReport(), admin).accounts if a.account == TELEGRAM)
    assert (account.waiting, account.unserved_since is not None) == (2, True)
    letters = core.ask(DeadLetters(), admin)
    assert [(one.state, one.open) for one in letters] == [("pending", True)] * 2


def test_a_waiting_message_is_resent_or_skipped_by_hand(wired: House) -> None:
    core, admin = wired.core, wired.actors["admin1"]
    push(wired, "a")
    push(wired, "b")
    pass_minutes(wired, 5)
    newest, oldest = core.ask(DeadLetters(), admin)
    done = core.execute(SkipDelivery(letter_id=newest.id), admin)
    assert states(wired)["b"][0] == SKIPPED
    core.execute(UndoLast(undo_id=done.undo_id), admin)
    assert states(wired)["b"][0] == PENDING
    core.execute(ResendDelivery(letter_id=oldest.id), admin)
    assert states(wired)["a"][0] == SKIPPED
    assert core.ask(LetterCard(letter_id=oldest.id), admin).open is False
    with pytest.raises(Conflict):
        core.execute(SkipDelivery(letter_id=oldest.id), admin)


def test_only_the_deployment_itself_moves(wired: House) -> None:
    with pytest.raises(Refused):
        wired.core.execute(MoveStuck(), wired.actors["admin1"])


def test_what_was_sent_or_is_dead_for_other_reasons_stays(wired: House) -> None:
    push(wired, "sent")
    push(wired, "dead")
    with wired.core.database.write() as session:
        for row in session.execute(select(Outbox).where(Outbox.kind == "note")).scalars():
            row.state = SENT if row.dedupe_key.startswith("sent") else DEAD
            row.settled_at = wired.clock.now()
    pass_minutes(wired, 1)
    pass_minutes(wired, 300)
    assert {key: state for key, (state, _) in states(wired).items()} == {"sent": SENT, "dead": DEAD}


def test_a_group_has_no_other_place_and_its_manager_hears(wired: House) -> None:
    core, unit = wired.core, wired.actors["rep1"].unit
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", wired.clock.now())
        group = uow.new(GroupChat, channel="telegram", account="my_bot", native_id="-7", chat=f"{TELEGRAM}:-7", unit=unit,
                        bound_by=wired.actors["admin1"].id)  # fmt: skip
        uow.push(group.id, "note", key="must", priority=Priority.MUST_KNOW, chat=f"{TELEGRAM}:-7", text="x")
        uow.flush_pushes()
    pass_minutes(wired, 1)
    pass_minutes(wired, 11)
    assert states(wired) == {"must": (DEAD, TELEGRAM)}
    core.execute(TellTroubles(), core.system("starway"))
    (row,) = [row for row in wired.rows(Outbox) if row.kind == "note"]
    assert wired.actors["manager1"].id in {one.person_id for one in wired.rows(Outbox) if one.kind == "undelivered"}
    view = core.ask(LetterCard(letter_id=row.id), wired.actors["manager1"])
    assert (view.person_name, view.open) == (unit, True)
    core.execute(ResendDelivery(letter_id=row.id), wired.actors["manager1"])
    assert states(wired)[f"resend:{row.id}"] == (PENDING, TELEGRAM)
