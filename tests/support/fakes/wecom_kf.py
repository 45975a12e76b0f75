"""微信客服 of the fake platform: customers who write, desks with a cursor, the five messages, and who serves whom."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.fakes.wecom import Call, FakeWecom
from tests.support.fakes.wecom_callback import xml_of

KF_SECRET = "a-kf-secret-for-tests-only-00000000000000000"
DESK = "wkAJ2GCAAASSm4FhToWMFea0xAFfd3Q"
NEW, BOT, QUEUE, PERSON, OVER = range(5)
WINDOW, MOST = 48 * 3600.0, 5
WELCOME_SECONDS = 20.0


@dataclass
class Thread:
    """One customer at one desk."""

    customer: str
    desk: str
    state: int = NEW
    servicer: str = ""
    said_at: float | None = None
    since_then: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The words of what he got, of menus their head and lines."""
        return [words_of(one) for one in self.got]


@dataclass
class Code:
    thread: Thread
    until: float


def words_of(message: dict[str, Any]) -> str:
    kind = message["msgtype"]
    if kind == "text":
        return str(message["text"]["content"])
    if kind == "msgmenu":
        menu = message["msgmenu"]
        return "\n".join([menu["head_content"], *(one["click"]["content"] for one in menu["list"])])
    return f"[{kind}]"


class FakeKf:
    """The desks of a fake corp. Calls back through `wecom.caller` where `calls` is set."""

    def __init__(self, wecom: FakeWecom, clock: Callable[[], float]) -> None:
        """`clock` is the platform's; it may be that of the house under test."""
        self.wecom = wecom
        self.clock = clock
        wecom.secrets.add(KF_SECRET)
        self.calls = True
        self.servicers: dict[str, int] = {"rep1": 0}
        self.nicknames: dict[str, str] = {}
        self.log: list[dict[str, Any]] = []
        self.threads: dict[tuple[str, str], Thread] = {}
        self.codes: dict[str, Code] = {}
        self.tokens: set[str] = set()
        self.page = 2
        self.syncs: list[dict[str, Any]] = []
        self._ids: dict[str, str] = {}
        self._numbers = itertools.count(1)
        for path, handler in {
            "kf/account/list": self._accounts, "kf/sync_msg": self._sync, "kf/send_msg": self._send,
            "kf/send_msg_on_event": self._send_on_event, "kf/servicer/list": self._servicers,
            "kf/service_state/get": self._state, "kf/service_state/trans": self._trans,
            "kf/customer/batchget": self._customers,
        }.items():  # fmt: skip
            wecom.serve(path, handler)

    # What customers do

    def thread(self, customer: str, desk: str = DESK) -> Thread:
        return self.threads.setdefault((customer, desk), Thread(customer, desk))

    def says(self, customer: str, text: str, *, menu_id: str = "", desk: str = DESK, msgid: str = "") -> str:
        """A customer types, or presses a line of a menu; its msgid."""
        content = {"content": text} | ({"menu_id": menu_id} if menu_id else {})
        return self._from(customer, desk, {"msgtype": "text", "text": content}, msgid)

    def shows(self, customer: str, content: bytes, desk: str = DESK) -> str:
        """A customer sends a picture."""
        media = f"kf-media-{next(self._numbers)}"
        self.wecom.media[media] = content
        return self._from(customer, desk, {"msgtype": "image", "image": {"media_id": media}}, "")

    def presses(self, customer: str, label: str, desk: str = DESK) -> str:
        """He presses the newest menu line with these words."""
        for message in reversed(self.thread(customer, desk).got):
            for one in message.get("msgmenu", {}).get("list", ()):
                if label in one["click"]["content"]:
                    return self.says(customer, one["click"]["content"], menu_id=one["click"]["id"], desk=desk)
        raise AssertionError(f"no line {label!r} in {self.thread(customer, desk).texts}")

    def enters(self, customer: str, desk: str = DESK, scene: str = "") -> str:
        """He opens the desk; the welcome code's name."""
        code = self._code(self.thread(customer, desk), WELCOME_SECONDS)
        event = {"event_type": "enter_session", "open_kfid": desk, "external_userid": customer, "scene": scene,
                 "welcome_code": code}  # fmt: skip
        self._event(desk, event)
        return code

    def _from(self, customer: str, desk: str, content: dict[str, Any], msgid: str) -> str:
        thread = self.thread(customer, desk)
        thread.said_at, thread.since_then = self.clock(), 0
        if thread.state == OVER:
            thread.state = NEW
        msgid = msgid or f"in-{next(self._numbers)}"
        self._put({"msgid": msgid, "open_kfid": desk, "external_userid": customer, "origin": 3} | content)
        return msgid

    # What colleagues do

    def takes_over(self, customer: str, servicer: str, desk: str = DESK) -> None:
        """A colleague takes him out of the queue."""
        thread = self.thread(customer, desk)
        thread.state, thread.servicer = PERSON, servicer
        self._changed(thread, 1, new_servicer_userid=servicer)

    def answers(self, customer: str, text: str, desk: str = DESK) -> None:
        """The colleague who serves him writes."""
        thread = self.thread(customer, desk)
        self._put({"msgid": f"by-{next(self._numbers)}", "open_kfid": desk, "external_userid": customer, "origin": 5,
                   "servicer_userid": thread.servicer, "msgtype": "text", "text": {"content": text}})  # fmt: skip

    def ends(self, customer: str, desk: str = DESK) -> None:
        """The colleague ends it."""
        thread = self.thread(customer, desk)
        thread.state = OVER
        self._changed(thread, 3, old_servicer_userid=thread.servicer)

    def never_arrived(self, customer: str, msgid: str, why: int, desk: str = DESK) -> None:
        """A message that was taken did not reach him after all."""
        self._event(desk, {"event_type": "msg_send_fail", "open_kfid": desk, "external_userid": customer,
                           "fail_msgid": msgid, "fail_type": why})  # fmt: skip

    def _changed(self, thread: Thread, change: int, **who: str) -> None:
        event = {"event_type": "session_status_change", "open_kfid": thread.desk, "external_userid": thread.customer,
                 "change_type": change, **who}  # fmt: skip
        if change in (1, 3):
            event["msg_code"] = self._code(thread, WINDOW)
        self._event(thread.desk, event)

    def _event(self, desk: str, event: dict[str, Any]) -> None:
        self._put({"msgid": f"ev-{next(self._numbers)}", "open_kfid": desk, "origin": 4, "msgtype": "event",
                   "event": event})  # fmt: skip

    def _put(self, message: dict[str, Any]) -> None:
        self.log.append(message | {"send_time": int(self.clock())})
        if self.calls:
            self.call(message["open_kfid"])

    def call(self, desk: str = DESK) -> Any:
        """Tell that there is something to read."""
        token = secrets.token_hex(12)
        self.tokens.add(token)
        caller = self.wecom.caller
        fields = {"ToUserName": caller.corp, "CreateTime": str(next(self._numbers)), "MsgType": "event",
                  "Event": "kf_msg_or_event", "Token": token, "OpenKfId": desk}  # fmt: skip
        return caller.call(xml_of(fields))

    # What is called

    def _accounts(self, call: Call) -> dict[str, Any]:
        return _ok(account_list=[{"open_kfid": DESK, "name": "星驰客服", "avatar": ""}])

    def _sync(self, call: Call) -> dict[str, Any]:
        body = call.body
        self.syncs.append(body)
        if body.get("token") and body["token"] not in self.tokens:
            return _no(95007)
        mine = [one for one in self.log if one["open_kfid"] == body["open_kfid"]]
        start = int(body.get("cursor", "c0").removeprefix("c"))
        found = mine[start : start + min(self.page, int(body.get("limit", 1000)))]
        end = start + len(found)
        return _ok(next_cursor=f"c{end}", has_more=int(end < len(mine)), msg_list=found)

    def _send(self, call: Call) -> dict[str, Any]:
        body = call.body
        thread = self.threads.get((body["touser"], body["open_kfid"]))
        if thread is None:
            return _no(40096)
        known = self._ids.get(body.get("msgid", ""))
        if known is not None:
            return _ok(msgid=known)
        if thread.state not in (NEW, BOT):
            return _no(95018)
        if thread.said_at is None or self.clock() - thread.said_at >= WINDOW:
            return _no(95002)
        if thread.since_then >= MOST:
            return _no(95001)
        wrong = self._wrong(body)
        if wrong:
            return _no(wrong)
        thread.since_then += 1
        return self._taken(thread, body)

    def _send_on_event(self, call: Call) -> dict[str, Any]:
        code = self.codes.pop(str(call.body.get("code")), None)
        if code is None or code.until <= self.clock():
            return _no(95013)
        return _no(wrong) if (wrong := self._wrong(call.body)) else self._taken(code.thread, call.body)

    def _taken(self, thread: Thread, body: dict[str, Any]) -> dict[str, Any]:
        thread.got.append(body)
        msgid = body.get("msgid") or f"out-{next(self._numbers)}"
        self._ids[msgid] = msgid
        return _ok(msgid=msgid)

    def _wrong(self, body: dict[str, Any]) -> int:
        msgid = body.get("msgid", "")
        if len(msgid) > 32 or any(not (c.isascii() and (c.isalnum() or c in "_-")) for c in msgid):
            return 40058
        if body["msgtype"] == "text":
            return 0 if 0 < len(body["text"]["content"].encode()) <= 2048 else 45002
        if body["msgtype"] == "image":
            return 0 if body["image"]["media_id"] in self.wecom.media else 40007
        menu = body.get("msgmenu")
        if menu is None:
            return 40008
        fits = len(menu["head_content"].encode()) <= 1024 and len(menu["list"]) <= 10
        lines = all(0 < len(one["click"]["content"].encode()) <= 128 and len(one["click"]["id"]) <= 128
                    for one in menu["list"])  # fmt: skip
        return 0 if fits and lines else 45002

    def _servicers(self, call: Call) -> dict[str, Any]:
        return _ok(
            servicer_list=[{"userid": name, "status": status} for name, status in self.servicers.items()]
        )

    def _customers(self, call: Call) -> dict[str, Any]:
        """Those who wrote within 48 hours; of others only that they are not known."""
        asked = call.body["external_userid_list"]
        known = [{"external_userid": one, "nickname": self.nicknames[one], "avatar": "", "gender": 0}
                 for one in asked if one in self.nicknames]  # fmt: skip
        return _ok(customer_list=known, invalid_external_userid=[one for one in asked if one not in self.nicknames])

    def _state(self, call: Call) -> dict[str, Any]:
        thread = self.thread(call.body["external_userid"], call.body["open_kfid"])
        return _ok(service_state=thread.state, servicer_userid=thread.servicer)

    def _trans(self, call: Call) -> dict[str, Any]:
        body = call.body
        thread = self.thread(body["external_userid"], body["open_kfid"])
        wanted = body["service_state"]
        if thread.state == OVER or wanted == thread.state or (wanted < thread.state):
            return _no(95016)
        if wanted == PERSON and self.servicers.get(body.get("servicer_userid", ""), 1) != 0:
            return _no(95015)
        thread.state, thread.servicer = (
            wanted,
            body.get("servicer_userid", "") if wanted == PERSON else thread.servicer,
        )
        return _ok(msg_code=self._code(thread, WINDOW))

    def _code(self, thread: Thread, seconds: float) -> str:
        code = secrets.token_hex(16)
        self.codes[code] = Code(thread, self.clock() + seconds)
        return code


def _ok(**values: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", **values}


def _no(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"error {code}"}
