"""客户联系: customers who added a colleague on WeChat. Nobody can be written to here; what happens becomes leads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.wecom.client import Api
from bot.channels.wecom.contact_events import ADDED, EDITED, command_of, kind_of, whom
from bot.channels.wecom.xml import text
from bot.ports import Account, Arrival, Capabilities, Delivery, Event, Heard, Media, Outbound, Raw, Receipt
from crm_core.channels.accounts import CUSTOMER, ENVIRONMENT
from crm_core.errands.queue import URGENT, Errands
from crm_core.kernel.errors import ChexinError, ConfigError

if TYPE_CHECKING:
    from bot.reception.lines import Hearing
    from bot.reception.post import Post
    from bot.settings import BotSettings
    from crm_core.api import Core

CAPABILITIES = Capabilities(max_buttons=0, max_text_bytes=4000, edit=False, toast=False, images=False,
                            push_first=False, idempotent=False)  # fmt: skip
# The platform takes a welcome for 20 seconds after the event, once.
WELCOME_LIFE = timedelta(seconds=20)


def named(settings: BotSettings, tenant: str) -> list[Account]:
    """The corp's customer contact, when its secret is set."""
    secret = settings.wecom_contact_secret.get_secret_value()
    if not (settings.wecom_corp_id and secret):
        return []
    given = {"corp": settings.wecom_corp_id, "secret": secret}
    return [
        Account(
            tenant, "contacts", settings.wecom_corp_id, CUSTOMER, f"{tenant}.", "客户联系", ENVIRONMENT, given
        )
    ]


def open_line(account: Account, core: Core, settings: BotSettings) -> ContactsLine:
    """The line of a corp's customer contact. Raises ConfigError, naming what is missing."""
    given = account.settings
    if missing := [name for name in ("corp", "secret") if not given.get(name)]:
        raise ConfigError(account.line, f"{', '.join(missing)} missing")
    return ContactsLine(account, core, Api(given["corp"], given["secret"], core, settings.wecom_api_base))


def hear(lines: Sequence[Any], core: Core, post: Post, settings: BotSettings) -> Hearing:
    """Its events come by the app's callback; its errands are run by one process at a time."""
    from bot.channels.wecom.contact_errands import ContactErrands
    from bot.channels.wecom.errands import ErrandRunner
    from bot.reception.lines import Hearing

    runners = [
        ErrandRunner(line.account, core, ContactErrands(line.account, core, line.api)) for line in lines
    ]
    return Hearing(listeners=list(runners))


class ContactsLine:
    """One corp's customer contact."""

    name = "contacts"
    capabilities = CAPABILITIES

    def __init__(self, account: Account, core: Core, api: Api) -> None:
        self.account = account
        self.api = api
        self._core = core
        self._errands = Errands(core.database, core.cipher)

    def read(self, arrival: Arrival) -> Event | None:
        """Nobody speaks here."""
        return None

    def work(self, arrival: Arrival) -> bool:
        """An event becomes a command; a new customer is welcomed, once, whoever comes to it first."""
        fields, system = arrival.body, self._core.system(self.account.tenant)
        self._welcome(fields)
        command = command_of(fields, self.account.line, arrival.received_at)
        if command is not None:
            self._core.execute(command, system, key=f"contacts:{arrival.id}")
        if kind_of(fields) == EDITED:
            self._put("contact_detail", f"edited:{arrival.id}", native_id=whom(fields)[0])
        return True

    async def acknowledge(self, arrived: Raw) -> None:
        """The welcome must not wait for its turn: it goes out while the event still waits to be worked off."""
        try:
            await asyncio.to_thread(self._welcome, arrived.body)
        except ChexinError as error:
            structlog.get_logger().warning(
                "welcome_put_off", channel=self.account.line, error=type(error).__name__
            )

    def _welcome(self, fields: dict[str, Any]) -> None:
        code = text(fields, "WelcomeCode")
        if code and kind_of(fields) in ADDED:
            self._put("welcome", f"welcome:{code}"[:160], expires_at=self._core.now() + WELCOME_LIFE, code=code,
                      userid=whom(fields)[1])  # fmt: skip

    def _put(self, kind: str, key: str, **payload: Any) -> None:
        self._errands.put(self.account.tenant, account=self.account.line, kind=kind, key=key, now=self._core.now(),
                          priority=URGENT, **payload)  # fmt: skip

    def fetch(self, media: Media) -> bytes:
        """No files come here. Raises ChexinError."""
        raise ChexinError("error.file_gone")

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        """Nothing can be sent; the reference tells which message it was."""
        return {"ref": delivery.ref}

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        """The platform has no way to write to a customer as a colleague."""
        return Receipt(Heard.NEVER, error="customers cannot be written to here", unreachable=True)

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        """Nothing was sent, so nothing can be changed."""
        return Receipt(Heard.NEVER, error="customers cannot be written to here", unreachable=True)
