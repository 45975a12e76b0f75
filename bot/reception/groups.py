"""Team groups: a word binds one to a unit; everything else there is between us and whoever pressed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.ports import EventKind
from bot.reception.guests import Guest
from crm_core.chat.messages import BindGroup, MoveGroup, UnbindGroup
from crm_core.kernel.errors import ChexinError, Unavailable
from crm_core.org.messages import FindUnit, UnitView

if TYPE_CHECKING:
    from bot.texts import Texts
    from crm_core.api import Core
    from crm_core.kernel.access import Actor

_BIND = re.compile(r"(?:/bind|绑定(?:本群|这个群)?|bind(?: this group)?)\s*", re.I)
_UNBIND = re.compile(r"(?:/unbind|解绑(?:本群|这个群)?|unbind(?: this group)?)\s*", re.I)


class Groups:
    """Binds groups to the unit of whoever says so, if he may, and follows what becomes of them."""

    def __init__(self, core: Core, texts: Texts) -> None:
        self._core = core
        self._texts = texts

    def takes(self, guest: Guest, actor: Actor) -> bool:
        """Whether it was about binding the group, and is answered."""
        event = guest.event
        if event.kind not in (EventKind.TEXT, EventKind.START):
            return False
        bind, unbind = _BIND.fullmatch(event.text.strip()), _UNBIND.fullmatch(event.text.strip())
        if not bind and not unbind:
            return False
        try:
            said = self._bind(guest, actor) if bind else self._unbind(guest, actor)
        except Unavailable:
            raise
        except ChexinError as error:
            said = guest.voice(actor).error(error)
        guest.tell(said, actor)
        return True

    def follows(self, guest: Guest) -> bool:
        """Whether something happened to the group itself: we were put out, or it has another name now."""
        facts, account = guest.event.facts, guest.line.account
        gone, moved = facts.get("group") == "left", facts.get("moved_to", "")
        if not gone and not moved:
            return False
        group = self._core.accounts.group(account.channel, account.account, _native(guest))
        if group is not None and moved:
            native = moved.removeprefix(f"{account.line}:")
            guest.execute("moved", MoveGroup(group_id=group.id, native_id=native, chat=moved))
        elif group is not None:
            guest.execute("gone", UnbindGroup(group_id=group.id))
        return True

    def _bind(self, guest: Guest, actor: Actor) -> str:
        account, event = guest.line.account, guest.event
        self._core.execute(
            BindGroup(channel=account.channel, account=account.account, native_id=_native(guest), chat=event.chat,  # type: ignore[arg-type]
                      unit=actor.unit), actor, key=f"in:{guest.arrival.id}:group",
        )  # fmt: skip
        unit: UnitView = self._core.ask(FindUnit(path=actor.unit), actor)
        english = actor.language == "en" and unit.name_en
        return guest.voice(actor).say("reception.group_bound", unit=unit.name_en if english else unit.name)

    def _unbind(self, guest: Guest, actor: Actor) -> str:
        account = guest.line.account
        group = self._core.accounts.group(account.channel, account.account, _native(guest))
        if group is not None:
            self._core.execute(UnbindGroup(group_id=group.id), actor, key=f"in:{guest.arrival.id}:group")
        return guest.voice(actor).say("reception.group_unbound")


def _native(guest: Guest) -> str:
    """The platform's own id of the group: its chat without the account."""
    return guest.event.chat.removeprefix(f"{guest.line.account.line}:")
