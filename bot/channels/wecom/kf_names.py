"""What customers of 微信客服 call themselves."""

from __future__ import annotations

import threading
from collections import OrderedDict

import structlog

from bot.channels.wecom.client import Api
from bot.channels.wecom.errors import ApiError

# Whoever waits for an answer does not wait for his own name.
PATIENCE_SECONDS = 3.0
KEPT = 1000


class Nicknames:
    """Asks the platform for a nickname, once for each customer; one that cannot be had is no name."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, external_userid: str) -> str:
        """The nickname on one line, or nothing. Blocks for a few seconds at most, never raises."""
        with self._lock:
            if external_userid in self._known:
                return self._known[external_userid]
        asked = {"external_userid_list": [external_userid]}
        try:
            answer = self._api.promptly(PATIENCE_SECONDS, self._api.post, "kf/customer/batchget", asked)
        except ApiError as error:
            structlog.get_logger().info("no_nickname", error=str(error))
            return ""
        return self._keep(external_userid, _nickname(answer.get("customer_list"), external_userid))

    def _keep(self, external_userid: str, name: str) -> str:
        with self._lock:
            self._known[external_userid] = name
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return name


def _nickname(told: object, external_userid: str) -> str:
    for one in told if isinstance(told, list) else ():
        if isinstance(one, dict) and one.get("external_userid") == external_userid:
            return " ".join(str(one.get("nickname") or "").split())
    return ""
