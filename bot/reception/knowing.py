"""Who somebody is: known, vouched for by the corp, or a visitor where customers come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.ports import Names, Places, Vouches
from bot.reception.guests import Guest
from crm_core.channels.accounts import CUSTOMER
from crm_core.chat.identities import CORP_CHANNELS
from crm_core.chat.messages import BindAccount, BindVouched, BoundView, MeetVisitor, RedeemInvite
from crm_core.customers.rules import plain_name
from crm_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.channels.accounts import KnownAs
    from crm_core.kernel.access import Actor


class Knowing:
    """Finds the person behind an account, by nothing but what somebody vouched for."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def actor(self, guest: Guest, known: KnownAs | None) -> Actor | None:
        """The person, made when he is new and customers come this way; None for a stranger where colleagues come."""
        person_id = known.person_id if known is not None else self._new(guest)
        try:
            return self._core.actor(person_id, guest.line.account.tenant) if person_id else None
        except NotFound:  # he has left
            return None

    def redeem(self, guest: Guest) -> BoundView:
        """Use his token up and bind his account. Raises Expired, Refused, NotFound."""
        command = RedeemInvite(**_account(guest), token=guest.token, audience=guest.line.account.audience)  # type: ignore[arg-type]
        view: BoundView = guest.execute("redeem", command).view
        return view

    def _new(self, guest: Guest) -> str | None:
        account = guest.line.account
        if account.audience != CUSTOMER:
            if account.channel not in CORP_CHANNELS:
                return None
            view = guest.execute("vouched", BindVouched(**_account(guest))).view
            return view.person_id if view is not None else None
        vouched = guest.line.person(guest.event) if isinstance(guest.line, Vouches) else None
        if vouched is not None:
            guest.execute("person", BindAccount(**_account(guest), person_id=vouched, vouched="corp"))
            return vouched
        unit = guest.line.unit(guest.event) if isinstance(guest.line, Places) else account.unit
        name = guest.event.name
        if not name and isinstance(guest.line, Names):
            name = guest.line.nickname(guest.event)
        return guest.execute("visitor", MeetVisitor(**_account(guest), unit=unit, name=_plain(name),
                                                    language=guest.language)).id  # fmt: skip


def _plain(name: str) -> str:
    """A name somebody gave himself, on one line; it may hold anything, also his number or signs nobody can keep."""
    return " ".join(plain_name(name).split())[:120]


def _account(guest: Guest) -> dict[str, Any]:
    account, event = guest.line.account, guest.event
    return {"channel": account.channel, "account": account.account, "native_id": event.native_id, "chat": event.chat}
