"""Threads, buttons and pictures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crm_core.chat.messages import Image, KeepImage
from crm_core.chat.service import Ended, Received, Send
from crm_core.chat.tables import Action, ChatMessage
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.inbox import Arrival
from crm_core.kernel.outbox import Delivery, Outcome, Settled
from crm_core.kernel.tables import Blob, Outbox
from tests.core.deals.house import House

CHAT = "web:p1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def receive(house: House, key: str, text: str = "你好", chat: str = CHAT, show: bool = True) -> Received:
    return house.core.chats.receive(
        tenant="starway", channel="web", account="", chat=chat, person_id="p1", dedupe_key=key, body={"text": text},
        show={"text": text} if show else None, now=house.clock.now(),
    )  # fmt: skip


def claim(house: House) -> Arrival:
    (arrival,) = house.core.inbox.claim(house.clock.now())
    return arrival


def finish(
    house: House, arrival: Arrival, *replies: dict[str, Any], state: Any = None, shown: bool = False
) -> Any:
    return house.core.chats.finish(arrival, chat=CHAT, person_id="p1", replies=replies, state=state,
                                   now=house.clock.now(), shown=shown)  # fmt: skip


def push(house: House, key: str = "k", kind: str = "lead", subject: str = "lead:1") -> None:
    with house.core.database.write() as session:
        uow = house.core._system_uow(session, "starway", house.clock.now())
        uow.push("p1", kind, subject=subject, key=key, chat=CHAT)
        uow.flush_pushes()


def refresh(house: House, subject: str = "lead:1") -> None:
    with house.core.database.write() as session:
        uow = house.core._system_uow(session, "starway", house.clock.now())
        uow.refresh(subject)
        uow.flush_pushes()


def deliver(house: House, body: dict[str, Any]) -> int:
    """Everything due goes into its thread with this body."""
    done = 0
    while found := house.core.outbox.claim("w", house.clock.now()):
        done += house.core.chats.store([(delivery, body) for delivery in found], "w", house.clock.now())
    return done


def card(
    *buttons: tuple[str, dict[str, Any]], text: str = "新线索", subject: str = "lead:1"
) -> dict[str, Any]:
    drawn = [{"label": verb, "verb": verb, "params": params} for verb, params in buttons]
    return {"text": text, "card": {"kind": "lead", "subject": subject, "buttons": drawn}}


def outgoing(house: House, delivery: Delivery, body: dict[str, Any]) -> Send:
    """A send over a network as a sender prepares it."""
    public = house.core.chats.buttons.public(delivery.dedupe_key, delivery.person_id, body)
    return Send(delivery, public, {"text": "platform"}, body)


def shown_ids(house: House) -> list[str]:
    (message,) = [m for m in house.core.chats.messages(CHAT) if m.direction == "out"]
    return [button["id"] for button in message.body["card"]["buttons"]]


# Threads


def test_what_is_said_has_a_place_and_the_same_message_has_one(house: House) -> None:
    first, second = receive(house, "m1", "一"), receive(house, "m2", "二")
    assert (first.seq, second.seq) == (1, 2)
    assert receive(house, "m1", "一") == Received(None, 1)
    assert [(m.seq, m.rev, m.direction, m.body) for m in house.core.chats.messages(CHAT)] == [
        (1, 1, "in", {"text": "一"}), (2, 2, "in", {"text": "二"}),
    ]  # fmt: skip


def test_places_are_given_out_once_when_many_speak_at_once(house: House) -> None:
    with ThreadPoolExecutor(10) as pool:
        seqs = [r.seq for r in pool.map(lambda n: receive(house, f"m{n}"), range(30))]
    assert sorted(seqs) == list(range(1, 31))
    keys = {m.key: m.seq for m in house.core.chats.messages(CHAT, limit=50)}
    by_arrival = [int(row.key[1:]) for row in sorted(house.rows(ChatMessage), key=lambda r: r.seq)]
    assert [keys[f"m{n}"] for n in by_arrival] == list(range(1, 31))


def test_a_turn_ends_with_its_replies_its_memory_and_its_arrival_done(house: House) -> None:
    receive(house, "m1")
    assert finish(house, claim(house), {"text": "您好"}, state={"waiting": "phone"}) == []
    conversation = house.core.chats.conversation(CHAT)
    assert (conversation.state, conversation.version) == ({"waiting": "phone"}, 1)
    assert deliver(house, {"text": "您好"}) == 1
    assert [m.body["text"] for m in house.core.chats.messages(CHAT)] == ["你好", "您好"]
    assert house.core.inbox.claim(house.clock.now()) == []


def test_a_turn_whose_lease_was_lost_writes_nothing(house: House) -> None:
    receive(house, "m1")
    slow = claim(house)
    house.clock.advance(minutes=5)
    fresh = claim(house)
    assert finish(house, slow, {"text": "zu spät"}, state={"x": 1}) is None
    assert house.core.chats.conversation(CHAT).version == 0
    assert finish(house, fresh, {"text": "您好"}) == []
    assert [row.kind for row in house.rows(Outbox)] == ["@reply"]


def test_replies_shown_at_once_come_back_with_their_button_ids(house: House) -> None:
    receive(house, "m1")
    (public,) = finish(house, claim(house), card(("lead.contacted", {"lead": "1"})), shown=True)
    (button,) = public["card"]["buttons"]
    action = house.core.chats.buttons.find(button["id"])
    assert action is not None
    assert (action.verb, action.params, action.person_id) == ("lead.contacted", {"lead": "1"}, "p1")
    assert deliver(house, {}) == 0


def test_a_card_is_redrawn_in_place_and_only_the_change_is_sent_again(house: House) -> None:
    push(house)
    deliver(house, card(text="新线索"))
    receive(house, "m1")
    before = house.core.chats.top_rev(CHAT)
    refresh(house)
    assert deliver(house, card(text="已联系")) == 1
    messages = house.core.chats.messages(CHAT)
    assert [(m.seq, m.body["text"]) for m in messages] == [(1, "已联系"), (2, "你好")]
    (changed,) = house.core.chats.messages(CHAT, since=before)
    assert (changed.seq, changed.rev) == (1, before + 1)
    assert house.core.chats.changed({CHAT: before, "web:other": 0}) == [changed]
    assert house.core.chats.changed({CHAT: before + 1}) == []
    assert house.core.chats.changed({}) == []


def test_revisions_only_grow(house: House) -> None:
    revs = []
    push(house)
    for n in range(4):
        deliver(house, card(text=str(n)))
        receive(house, f"m{n}")
        refresh(house)
        house.clock.advance(seconds=1)
        revs.append(house.core.chats.top_rev(CHAT))
    assert revs == sorted(set(revs))
    every = [m.rev for m in house.core.chats.messages(CHAT)]
    assert len(every) == len(set(every))


def test_older_messages_come_in_pages(house: House) -> None:
    for n in range(1, 8):
        receive(house, f"m{n}")
    newest = house.core.chats.messages(CHAT, limit=3)
    assert [m.seq for m in newest] == [5, 6, 7]
    assert [m.seq for m in house.core.chats.messages(CHAT, before=5, limit=3)] == [2, 3, 4]


def test_reading_marks_what_was_pushed_as_seen(house: House) -> None:
    push(house, "a")
    deliver(house, card())
    push(house, "b")
    deliver(house, card())
    house.core.chats.mark_read(CHAT, 1, house.clock.now())
    assert house.core.chats.read_up_to(CHAT) == 1
    assert len(house.core.outbox.unseen("p1")) == 1
    house.core.chats.mark_read(CHAT, 99, house.clock.now())
    house.core.chats.mark_read(CHAT, 1, house.clock.now())
    assert house.core.chats.read_up_to(CHAT) == 2, "never beyond what there is, and never back"
    assert house.core.outbox.unseen("p1") == []


def test_what_a_card_was_drawn_from_is_kept(house: House) -> None:
    push(house, kind="lead", subject="lead:7")
    deliver(house, card(subject="lead:7"))
    (row,) = house.rows(ChatMessage)
    assert house.core.chats.original(row.id) == ("lead", "lead:7", {})
    assert house.core.chats.original(10**6) is None
    assert "新线索" not in (row.body_enc or "")


def test_a_send_over_a_network_is_begun_then_settled(house: House) -> None:
    push(house)
    (delivery,) = house.core.outbox.claim("w", house.clock.now())
    send = outgoing(house, delivery, card(("lead.contacted", {})))
    assert house.core.chats.begin([send], "w", house.clock.now()) == [send]
    assert house.core.chats.messages(CHAT) == [], "nothing is shown before it is sent"
    ended = Ended(Settled(delivery, Outcome.SENT, "tg-5"), send.message)
    assert house.core.chats.settle([ended], house.clock.now()) == 1
    (row,) = house.rows(ChatMessage)
    assert row.provider_id == "tg-5"
    (button,) = send.message["card"]["buttons"]
    assert house.core.chats.buttons.find(button["id"]) is not None
    assert house.core.chats.begin([send], "w", house.clock.now()) == [], "its lease is over"
    assert house.core.chats.settle([ended], house.clock.now()) == 0


# Buttons


def test_drawing_again_keeps_the_ids_and_ends_what_is_not_drawn_any_more(house: House) -> None:
    push(house)
    deliver(house, card(("contacted", {"lead": "1"}), ("assign", {"lead": "1"})))
    contacted, assign = shown_ids(house)
    house.clock.advance(seconds=5)
    refresh(house)
    deliver(house, card(("assign", {"lead": "1"}), ("lose", {"lead": "1"})))
    kept, lose = shown_ids(house)
    assert kept == assign
    now = house.clock.now()
    live = {action.id for action in house.core.chats.buttons.recent("p1", now)}
    assert live == {assign, lose}
    ended = house.core.chats.buttons.find(contacted)
    assert ended is not None
    assert ended.expires_at <= now


def test_a_card_that_became_a_text_has_no_live_button_left(house: House) -> None:
    push(house)
    deliver(house, card(("contacted", {})))
    refresh(house)
    deliver(house, {"text": "已由同事接手"})
    assert house.core.chats.buttons.recent("p1", house.clock.now()) == []


def test_the_same_button_on_another_card_or_for_another_person_is_another(house: House) -> None:
    made = {
        house.core.chats.buttons.publish_now("starway", person, CHAT, key, card(("ok", {"n": n})), house.clock.now())
        ["card"]["buttons"][0]["id"]
        for person in ("p1", "p2") for key in ("k1", "k2") for n in (1, 2)
    }  # fmt: skip
    assert len(made) == 8


def test_only_the_id_leaves_the_house(house: House) -> None:
    body = card(("approve", {"approval": "A-secret", "amount": 500}))
    public = house.core.chats.buttons.publish_now("starway", "p1", CHAT, "k", body, house.clock.now())
    assert set(public["card"]["buttons"][0]) == {"id", "label", "style"}
    assert "A-secret" not in str(public)
    (row,) = house.rows(Action)
    assert "A-secret" not in (row.params_enc or "")


def test_a_button_lives_thirty_days(house: House) -> None:
    house.core.chats.buttons.publish_now("starway", "p1", CHAT, "k", card(("ok", {})), house.clock.now())
    assert len(house.core.chats.buttons.recent("p1", house.clock.advance(days=29))) == 1
    assert house.core.chats.buttons.recent("p1", house.clock.advance(days=2)) == []
    assert house.core.chats.buttons.find("unknown") is None


# Pictures


def test_a_picture_is_kept_sealed_for_whoever_sent_it(house: House) -> None:
    kept = house.do("rep1", KeepImage(mime="image/png", content=PNG))
    view = house.ask("rep1", Image(image_id=kept.id))
    assert (view.mime, view.content) == ("image/png", PNG)
    (row,) = house.rows(Blob)
    assert PNG[:8] not in row.content
    answers = []
    for who, image_id in (("rep2", kept.id), ("rep1", "01HNOTHING"), ("manager1", kept.id)):
        with pytest.raises(NotFound) as error:
            house.ask(who, Image(image_id=image_id))
        answers.append(str(error.value))
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("mime", "content", "says"),
    [
        ("image/png", b"<svg onload=alert(1)>", "not_an_image"),
        ("image/svg+xml", b"<svg/>", "not_an_image"),
        ("text/html", PNG, "not_an_image"),
        ("image/jpeg", PNG, "not_an_image"),
        ("image/png", PNG + bytes(10 * 1024 * 1024), "image_too_large"),
    ],
)
def test_only_pictures_of_a_sane_size_are_kept(house: House, mime: str, content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        house.do("rep1", KeepImage(mime=mime, content=content))
    assert house.rows(Blob) == []
