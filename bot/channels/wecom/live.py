"""Whether the platform and we can reach each other with these settings; each problem names what to change."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bot.channels.wecom.client import READ_SECONDS, Api
from bot.channels.wecom.crypto import read_key, signature_of
from bot.channels.wecom.errors import ApiError, Refused, address_in
from crm_core.channels.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from bot.ports import Account
    from bot.settings import BotSettings

CALLBACK = "/wecom/callback"
BAD_SECRET = 853000
# Channel -> what is asked with its secret, and the setting that holds it.
_PROBES: dict[str, tuple[str, str]] = {
    "wecom": ("agent/get", "WECOM_SECRET"),
    "kf": ("kf/account/list", "WECOM_KF_SECRET"),
    "contacts": ("externalcontact/get_follow_user_list", "WECOM_CONTACT_SECRET"),
}
_SAID = {
    40013: "WECOM_CORP_ID: the platform knows no such corp; see 我的企业 > 企业信息 > 企业ID",
    40001: "{secret}: the platform refuses it; copy the Secret again",
    40056: "WECOM_AGENT_ID: is not this app's; see the app's page, AgentId",
    301002: "WECOM_AGENT_ID: is not this app's; see the app's page, AgentId",
    60020: "企业可信IP: this server's address {ip} is not allowed; add it on the app's page under 企业可信IP",
    48002: "{secret}: may not call {path}; allow the app under 可调用接口的应用",
    45009: "{secret}: called too often; the platform holds us back for now",
}


async def look(account: Account, settings: BotSettings, free: bool = False) -> list[str]:
    """What is wrong with an account, as `SETTING: what to do`; empty when all is well.

    `free`: nobody keeps a bot's connection, so that its secret may be tried.
    """
    if account.channel == "aibot":
        return await _socket(account, settings.wecom_aibot_url, free)
    if account.channel not in _PROBES:
        return []
    path, secret = _PROBES[account.channel]
    api = Api(
        str(account.settings.get("corp", "")),
        str(account.settings.get("secret", "")),
        _fresh(),
        settings.wecom_api_base,
    )
    found = []
    try:
        asked = {"agentid": account.settings["agent"]} if account.channel == "wecom" else {}
        await api.call(api.get, path, **asked)
    except ApiError as error:
        found.append(_words(error, path, secret, settings.wecom_api_base))
    if account.channel == "wecom":
        found += await asyncio.to_thread(_callback, account, settings)
    return found


async def _socket(account: Account, url: str, free: bool) -> list[str]:
    """Connects. The secret is tried only when nobody keeps the bot's connection: a second one would push it out."""
    import aiohttp

    try:
        async with (
            asyncio.timeout(READ_SECONDS),
            aiohttp.ClientSession() as session,
            session.ws_connect(url) as socket,
        ):
            return await _subscribed(account, socket) if free else []
    except (aiohttp.ClientError, OSError, ValueError, TypeError) as error:  # TimeoutError is an OSError
        return [f"WECOM_AIBOT_URL: {url} does not answer ({type(error).__name__}); is the network open?"]


async def _subscribed(account: Account, socket: aiohttp.ClientWebSocketResponse) -> list[str]:
    """Raises TypeError or ValueError for an answer that is none."""
    body = {"bot_id": account.account, "secret": str(account.settings.get("secret", ""))}
    await socket.send_json({"cmd": "aibot_subscribe", "headers": {"req_id": secrets.token_hex(8)}, "body": body})
    answer = await socket.receive_json()
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if not code:
        return []
    if code == BAD_SECRET:
        return ["WECOM_AIBOT_SECRET: the platform refuses it for this WECOM_AIBOT_ID; copy both again from the bot's page"]
    return [f"WECOM_AIBOT_SECRET: the bot's connection was refused with {code}"]


def _words(error: ApiError, path: str, secret: str, base: str) -> str:
    if not isinstance(error, Refused):
        return f"WECOM_API_BASE: {base} does not answer ({error})"
    said = _SAID.get(error.code)
    if said is None:
        return f"{secret}: {path} was refused with {error.code}; see https://open.work.weixin.qq.com/devtool/query"
    return said.format(secret=secret, path=path, ip=address_in(error.message))


def _callback(account: Account, settings: BotSettings) -> list[str]:
    """Calls the callback URL as the platform does when it is set."""
    import httpx

    if not settings.public_url:
        return [
            "PUBLIC_URL: is needed, so that the platform can call us; set it, and the app's URL to it + "
            + CALLBACK
        ]
    words = secrets.token_hex(8)
    params = _sealed(words, account.settings)
    url = settings.origin + CALLBACK
    try:
        answer = httpx.get(url, params=params, timeout=READ_SECONDS)
    except httpx.HTTPError:
        return [f"PUBLIC_URL: {url} does not answer; is the server running and reachable from the Internet?"]
    if answer.status_code == 200 and answer.text == words:
        return []
    if answer.status_code == 403:
        return [
            f"WECOM_TOKEN: {url} refuses calls sealed with these settings; restart the server, and look at its clock"
        ]
    return [f"PUBLIC_URL: {url} answers {answer.status_code}; it has to lead to this server"]


def _sealed(words: str, given: dict[str, Any]) -> dict[str, str]:
    """The query of a call that sets the URL, encrypted and signed as the platform does."""
    from wechatpy.enterprise.crypto import PrpCrypto

    nonce, at = secrets.token_hex(5), str(int(time.time()))
    sealed = PrpCrypto(read_key(given["aes_key"])).encrypt(words, given["corp"]).decode()
    signature = signature_of(given["token"], at, nonce, sealed)
    return {"msg_signature": signature, "timestamp": at, "nonce": nonce, "echostr": sealed}


def _fresh() -> Any:
    """In place of a core: a token of one's own, which nobody else is given."""

    class Fresh:
        def get(self, name: str, fetch: Callable[[], tuple[str, float]], *, refused: int = 0) -> Token:
            value, _ = fetch()
            return Token(value, refused + 1, datetime.max.replace(tzinfo=UTC))

    return SimpleNamespace(tokens=Fresh(), now=lambda: datetime.now(UTC))
