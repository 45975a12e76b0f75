"""Customer contact of the fake platform: codes, welcomes within 20 seconds, details, tags, and transfers that take a day."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.fakes.wecom import Call, FakeWecom
from tests.support.fakes.wecom_callback import xml_of

CONTACT_SECRET = "a-contact-secret-for-tests-only-0000000000000"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
WELCOME_SECONDS, TRANSFER_SECONDS = 20.0, 24 * 3600.0
DONE, WAITING, REFUSED, FULL, NONE = range(1, 6)


@dataclass
class Followed:
    """A connection, from one colleague's side."""

    userid: str
    state: str = ""
    remark: str = ""
    phones: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)


@dataclass
class Transfer:
    customer: str
    source: str
    target: str
    at: float
    status: int = WAITING


class FakeContacts:
    """The customers of a fake corp."""

    def __init__(self, wecom: FakeWecom, clock: Callable[[], float]) -> None:
        self.wecom = wecom
        self.clock = clock
        wecom.secrets.add(CONTACT_SECRET)
        self.ways: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}
        self.follows: dict[str, dict[str, Followed]] = {}
        self.codes: dict[str, tuple[str, float]] = {}
        self.welcomed: list[tuple[str, str]] = []
        self.transfers: list[Transfer] = []
        self.resigned: set[str] = set()
        self.batches: list[int] = []
        self.groups: dict[str, str] = {}
        self.picture = b""
        self._numbers = itertools.count(1)
        for path, handler in {
            "externalcontact/add_contact_way": self._add_way, "externalcontact/send_welcome_msg": self._welcome,
            "externalcontact/get": self._get, "externalcontact/mark_tag": self._mark,
            "externalcontact/transfer_customer": self._transfer,
            "externalcontact/transfer_result": self._result,
            "externalcontact/resigned/transfer_customer": self._transfer_resigned,
            "externalcontact/resigned/transfer_result": self._result,
            "externalcontact/get_unassigned_list": self._unassigned,
            "externalcontact/groupchat/list": self._groups, "externalcontact/groupchat/transfer": self._give_groups,
        }.items():  # fmt: skip
            wecom.serve(path, handler)

    # What customers and colleagues do

    def adds(self, customer: str, userid: str, *, state: str = "", name: str = "小安", welcome: bool = True) -> str:
        """A customer adds a colleague; the welcome code."""
        self.names.setdefault(customer, name)
        self.follows.setdefault(customer, {})[userid] = Followed(userid, state)
        code = secrets.token_hex(12)
        self.codes[code] = (customer, self.clock() + WELCOME_SECONDS)
        extra = ({"State": state} if state else {}) | ({"WelcomeCode": code} if welcome else {})
        self.event("add_external_contact", userid, customer, **extra)
        return code

    def leaves(self, customer: str, userid: str) -> None:
        """A customer removes a colleague."""
        del self.follows[customer][userid]
        self.event("del_follow_user", userid, customer)

    def removes(self, userid: str, customer: str) -> None:
        """A colleague removes a customer."""
        del self.follows[customer][userid]
        self.event("del_external_contact", userid, customer, Source="DELETE_BY_TRANSFER")

    def event(self, change: str, userid: str, customer: str, **more: str) -> Any:
        """Tell of a change."""
        caller = self.wecom.caller
        fields = {"ToUserName": caller.corp, "FromUserName": "sys", "CreateTime": str(int(self.clock())),
                  "MsgType": "event", "Event": "change_external_contact", "ChangeType": change, "UserID": userid,
                  "ExternalUserID": customer} | more  # fmt: skip
        return caller.call(xml_of(fields))

    def settle(self, customer: str, status: int = DONE) -> None:
        """A day later: the customer went over, or not."""
        for one in self.transfers:
            if one.customer == customer and one.status == WAITING:
                one.status = status
                if status == DONE:
                    self.follows[customer].pop(one.source, None)
                    self.follows[customer][one.target] = Followed(one.target)

    # What is called

    def _add_way(self, call: Call) -> dict[str, Any]:
        body = call.body
        if len(body.get("state", "")) > 30 or len(body.get("remark", "")) > 30:
            return _no(40058)
        if any(user not in self.wecom.members for user in body["user"]):
            return _no(84074)
        config = f"way-{next(self._numbers)}"
        self.ways[config] = body
        self.wecom.pictures[f"qr/{config}.png"] = PNG
        return _ok(config_id=config, qr_code=f"{self.wecom.url}/cgi-bin/qr/{config}.png")

    def _welcome(self, call: Call) -> dict[str, Any]:
        customer, until = self.codes.pop(call.body["welcome_code"], ("", 0.0))
        if not customer or until <= self.clock():
            return _no(41050)
        self.welcomed.append((customer, call.body["text"]["content"]))
        return _ok()

    def _get(self, call: Call) -> dict[str, Any]:
        customer = call.query["external_userid"]
        if customer not in self.names:
            return _no(84061)
        follow = [
            {"userid": one.userid, "remark": one.remark, "createtime": 1, "state": one.state,
             "remark_mobiles": one.phones,
             "tags": [{"group_name": "g", "tag_name": tag, "tag_id": tag, "type": 1} for tag in sorted(one.tags)]}
            for one in self.follows[customer].values()
        ]  # fmt: skip
        who = {"external_userid": customer, "name": self.names[customer], "type": 1}
        return _ok(external_contact=who, follow_user=follow, next_cursor="")

    def _mark(self, call: Call) -> dict[str, Any]:
        one = self.follows[call.body["external_userid"]].get(call.body["userid"])
        if one is None:
            return _no(84061)
        one.tags |= set(call.body["add_tag"])
        one.tags -= set(call.body["remove_tag"])
        return _ok()

    def _transfer(self, call: Call) -> dict[str, Any]:
        return self._hand(call.body) if call.body["handover_userid"] not in self.resigned else _no(40096)

    def _transfer_resigned(self, call: Call) -> dict[str, Any]:
        return self._hand(call.body) if call.body["handover_userid"] in self.resigned else _no(40097)

    def _hand(self, body: dict[str, Any]) -> dict[str, Any]:
        customers, source, target = body["external_userid"], body["handover_userid"], body["takeover_userid"]
        self.batches.append(len(customers))
        if len(customers) > 100:
            return _no(40058)
        said = []
        for one in customers:
            waits = any(t.customer == one and t.status == WAITING for t in self.transfers)
            code = 84061 if source not in self.follows.get(one, {}) else 40128 if waits else 0
            said.append({"external_userid": one, "errcode": code})
            if not code:
                self.transfers.append(Transfer(one, source, target, self.clock()))
        return _ok(customer=said)

    def _unassigned(self, call: Call) -> dict[str, Any]:
        """Customers of those who left whom nobody was given yet, two a page."""
        waits = {one.customer for one in self.transfers if one.status == WAITING}
        left = [(one, user) for one, follows in sorted(self.follows.items()) for user in follows
                if user in self.resigned and one not in waits]  # fmt: skip
        start = int(call.body.get("cursor") or 0)
        info = [{"handover_userid": user, "external_userid": one, "dimission_time": 1}
                for one, user in left[start : start + 2]]  # fmt: skip
        more = start + 2 < len(left)
        return _ok(info=info, is_last=not more, next_cursor=str(start + 2) if more else "")

    def _groups(self, call: Call) -> dict[str, Any]:
        body = call.body
        if body.get("status_filter") != 1 or not 1 <= body.get("limit", 0) <= 1000:
            return _no(40058)
        mine = [group for group, owner in self.groups.items()
                if owner in body["owner_filter"]["userid_list"] and owner in self.resigned]  # fmt: skip
        return _ok(group_chat_list=[{"chat_id": one, "status": 1} for one in mine])

    def _give_groups(self, call: Call) -> dict[str, Any]:
        chats, new = call.body["chat_id_list"], call.body["new_owner"]
        if not 1 <= len(chats) <= 100:
            return _no(40058)
        failed = [one for one in chats if self.groups.get(one) not in self.resigned or new not in self.wecom.members]
        self.groups |= {one: new for one in chats if one not in failed}
        return _ok(failed_chat_list=[{"chat_id": one, "errcode": 90500, "errmsg": "no"} for one in failed])

    def _result(self, call: Call) -> dict[str, Any]:
        body = call.body
        pair = (body["handover_userid"], body["takeover_userid"])
        mine = [one for one in self.transfers if (one.source, one.target) == pair]
        return _ok(customer=[{"external_userid": one.customer, "status": one.status, "takeover_time": 1} for one in mine],
                   next_cursor="")  # fmt: skip


def _ok(**values: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", **values}


def _no(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"error {code}"}
