"""The callback URL: what is genuine is stored once, and everything else is refused alike."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.channels.wecom import callback
from crm_core.kernel.tables import Inbox
from tests.support.fakes.wecom_callback import AES_KEY, CORP, TOKEN, Caller, Sealed, xml_of
from tests.support.fakes.wecom_site import LINE, WecomSite


def arrivals(office: WecomSite) -> int:
    with office.core.database.read() as session:
        found: int = session.execute(select(func.count()).select_from(Inbox)).scalar_one()
        return found


def hello(desk: WecomSite) -> str:
    return desk.fake.caller.message("zhang.san", "text", Content="你好")


def changed(sealed: Sealed, **params: Any) -> Sealed:
    kept = {name: value for name, value in (sealed.params | params).items() if value is not None}
    return Sealed(kept, sealed.body)


HOSTILE: list[tuple[str, Callable[[Sealed], Sealed]]] = [
    ("no signature", lambda s: changed(s, msg_signature=None)),
    ("empty signature", lambda s: changed(s, msg_signature="")),
    ("another signature", lambda s: changed(s, msg_signature="0" * 40)),
    ("two signatures", lambda s: changed(s, msg_signature=[s.params["msg_signature"], "0" * 40])),
    ("signature beyond ASCII", lambda s: changed(s, msg_signature="é" * 40)),
    ("no timestamp", lambda s: changed(s, timestamp=None)),
    ("words for a timestamp", lambda s: changed(s, timestamp="yesterday")),
    ("a timestamp without end", lambda s: changed(s, timestamp="9" * 5_000)),
    ("another nonce", lambda s: changed(s, nonce="1")),
    ("parts split elsewhere", lambda s: changed(s, timestamp=s.params["timestamp"] + s.params["nonce"][:1],
                                                nonce=s.params["nonce"][1:])),
    ("no body", lambda s: Sealed(s.params, b"")),
    ("no XML", lambda s: Sealed(s.params, b"{}")),
    ("cut off", lambda s: Sealed(s.params, s.body[:-20])),
    ("nothing encrypted", lambda s: Sealed(s.params, b"<xml><Encrypt></Encrypt></xml>")),
    ("encrypted twice", lambda s: Sealed(s.params, s.body.replace(b"</xml>", b"<Encrypt>x</Encrypt></xml>"))),
    ("a nest for a text", lambda s: Sealed(s.params, b"<xml><Encrypt><a>x</a></Encrypt></xml>")),
    ("entities", lambda s: Sealed(s.params, b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + s.body)),
    ("too large", lambda s: Sealed(s.params, s.body + b" " * 40_000)),
    ("another encoding", lambda s: Sealed(s.params, s.body.decode().encode("utf-16"))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_whatever_is_wrong_is_refused_alike(
    desk: WecomSite, name: str, spoil: Callable[[Sealed], Sealed]
) -> None:
    before = arrivals(desk)
    answer = desk.fake.caller.post(spoil(desk.fake.caller.sealed(hello(desk))))
    assert (answer.status_code, answer.content) == (403, b"")
    assert arrivals(desk) == before


@pytest.mark.parametrize(
    "caller",
    [
        Caller(token="another"),
        Caller(aes_key="A" * 43),
        Caller(corp="ww-another-corp"),
    ],
)
def test_callers_with_other_keys_are_refused(desk: WecomSite, caller: Caller) -> None:
    caller.url = desk.fake.caller.url
    before = arrivals(desk)
    assert caller.post(caller.sealed(hello(desk))).status_code == 403
    assert caller.prove().status_code == 403
    assert arrivals(desk) == before


def test_body_that_never_ends_is_not_waited_for(desk: WecomSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "READ_SECONDS", 0.2)
    place = httpx.URL(desk.site.url)
    before = arrivals(desk)
    with socket.create_connection((place.host, place.port or 80), timeout=10) as slow:
        slow.sendall(f"POST {callback.PATH} HTTP/1.1\r\nHost: {place.host}\r\nContent-Length: 900\r\n\r\n<xml>".encode())
        assert slow.recv(100).startswith(b"HTTP/1.1 403")
    assert arrivals(desk) == before


def test_recording_is_of_no_use_later(desk: WecomSite) -> None:
    caller = desk.fake.caller
    old = str(int(caller.clock()) - 2 * 3600)
    before = arrivals(desk)
    assert caller.post(caller.sealed(hello(desk), timestamp=old)).status_code == 403
    assert arrivals(desk) == before


def test_recording_is_opened_for_nobody(desk: WecomSite) -> None:
    """A message is signed as the words are that prove the URL."""
    caller = desk.fake.caller
    recorded = caller.sealed(hello(desk))
    answer = httpx.get(caller.url, params=recorded.params | {"echostr": caller.encrypted})
    assert (answer.status_code, answer.content) == (403, b"")


def test_same_message_again_is_stored_once(desk: WecomSite) -> None:
    caller = desk.fake.caller
    words = hello(desk)
    before = arrivals(desk)
    sealed = caller.sealed(words)
    # The same bytes again, and encrypted anew as the platform does when it heard no answer.
    answers = [caller.post(one) for one in (sealed, sealed, caller.sealed(words), caller.sealed(words))]
    assert {(one.status_code, one.content) for one in answers} == {(200, b"")}
    assert arrivals(desk) == before + 1


def test_same_event_again_is_stored_once_and_another_is_not(desk: WecomSite) -> None:
    caller = desk.fake.caller
    press = caller.press("zhang.san", "A1-2-00000000", "abc", "code-1")
    other = press.replace("code-1", "code-2")
    before = arrivals(desk)
    for words in (press, other, press, other):
        assert caller.call(words).status_code == 200
    assert arrivals(desk) == before + 2


def test_resplit_of_a_genuine_call_has_no_effect(desk: WecomSite) -> None:
    """Whichever border is moved between the signed parts, nothing more is stored."""
    caller = desk.fake.caller
    sealed = caller.sealed(hello(desk))
    assert caller.post(sealed).status_code == 200
    before = arrivals(desk)
    whole = sealed.params["timestamp"] + sealed.params["nonce"]
    for at in range(len(whole) + 1):
        caller.post(changed(sealed, timestamp=whole[:at], nonce=whole[at:]))
        caller.post(changed(sealed, timestamp=whole[at:], nonce=whole[:at]))
    assert arrivals(desk) == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_mutated_calls_do_nothing(desk: WecomSite, seed: int) -> None:
    caller, rng = desk.fake.caller, random.Random(seed)
    sealed = caller.sealed(hello(desk))
    before = arrivals(desk)
    spoilt = mutated(sealed, rng)
    answer = httpx.post(caller.url, params=spoilt.params, content=spoilt.body, timeout=5)
    assert answer.status_code in (200, 403)
    assert arrivals(desk) == before + (answer.status_code == 200)


def mutated(sealed: Sealed, rng: random.Random) -> Sealed:
    """One to four bytes of body or query changed, left out or doubled."""
    params, body = dict(sealed.params), bytearray(sealed.body)
    for _ in range(rng.randint(1, 4)):
        if rng.random() < 0.3:
            name = rng.choice(list(params))
            value = params[name]
            at = rng.randrange(len(value) or 1)
            params[name] = value[:at] + chr(rng.choice([0, 43, 55, 233, 0x4E00])) + value[at + 1 :]
        else:
            at = rng.randrange(len(body) or 1)
            body[at : at + rng.choice([0, 1])] = bytes(rng.randbytes(rng.choice([0, 1, 2])))
    return Sealed(params, bytes(body))


@pytest.mark.parametrize(
    "words",
    [
        "", "hello", "<xml/>", "<xml></xml>", "<html/>", "<xml><MsgType>event</MsgType></xml>",
        "<xml><ToUserName>ww-another</ToUserName></xml>",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
        xml_of({"ToUserName": CORP, "FromUserName": "x" * 5_000, "MsgType": "text", "MsgId": "1" * 500}),
        xml_of({"ToUserName": CORP, "FromUserName": {"a": "b"}, "MsgType": "event", "Event": "template_card_event"}),
        xml_of({"ToUserName": CORP, "FromUserName": "a", "MsgType": "text", "MsgId": "٣", "Content": "\U0001f600"}),
    ],
)  # fmt: skip
def test_genuine_nonsense_breaks_nothing(desk: WecomSite, words: str) -> None:
    answer = desk.fake.caller.post(desk.fake.caller.sealed(words))
    assert answer.status_code in (200, 403)
    # The desk goes on working.
    assert desk.fake.caller.prove("still here").content == b"still here"


def test_several_apps_share_the_url() -> None:
    """The token that signed tells the app; where two share it, the one that is named."""
    from bot.channels.wecom.callback import App, Callback
    from bot.channels.wecom.crypto import CallbackCrypto, Signed

    def app(corp: str, agent: str, token: str) -> Any:
        account = type(
            "Account", (), {"settings": {"corp": corp, "agent": agent}, "line": f"wecom:{corp}-{agent}"}
        )
        return App(type("Line", (), {"account": account})(), CallbackCrypto(token, AES_KEY, corp))  # type: ignore[arg-type]

    apps = [app(CORP, "1", "other"), app("ww-2", "2", TOKEN), app(CORP, "3", TOKEN), app(CORP, "4", TOKEN)]
    callback = Callback(apps, [], None)  # type: ignore[arg-type]
    caller = Caller()
    sealed = caller.sealed("<xml/>")
    call = Signed(
        sealed.params["msg_signature"], sealed.params["timestamp"], sealed.params["nonce"], caller.encrypted
    )
    assert callback._opened(call, "4")[0].agent == "4"
    assert callback._opened(call, "")[0].agent == "3"


def test_sender_keeps_a_chat_in_order(desk: WecomSite) -> None:
    desk.fake.caller.says("Zhang.San", "你好")
    with desk.core.database.read() as session:
        newest = session.execute(select(Inbox).order_by(Inbox.id.desc()).limit(1)).scalars().one()  # type: ignore[union-attr]
    assert (newest.channel, newest.sender) == ("wecom", f"{LINE}:zhang.san")


def test_log_says_why_once_in_a_while() -> None:
    from structlog.testing import capture_logs

    from bot.channels.wecom.callback import Callback

    callback = Callback([], [], None)  # type: ignore[arg-type]
    with capture_logs() as logs:
        answers = [callback._refused(ValueError("signature")) for _ in range(50)]
    assert {one.status_code for one in answers} == {403}
    assert [(one["event"], one["error"]) for one in logs] == [("callback_refused", "signature")]
