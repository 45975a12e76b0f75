"""From a stored arrival to the person who speaks, and on to the conversation.

Whatever is done here is safe to repeat: commands are keyed by the arrival, so that a process that ends in between
leaves nothing half done and nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.conversation.pipeline import Pipeline, body_of
from bot.ports import Attends, Event, EventKind, Inbound, InboundKind, Line, Transcriber, Works
from bot.reception.attachments import Attachments
from bot.reception.floods import Floods
from bot.reception.groups import Groups
from bot.reception.guests import Guest
from bot.reception.knowing import Knowing
from bot.reception.numbers import typed_press
from bot.texts import Texts
from crm_core.channels.accounts import STAFF, KnownAs
from crm_core.channels.tables import PLATFORMS
from crm_core.chat.messages import BindContact, CloseChat
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, Expired, NotFound, Refused, Unavailable
from crm_core.kernel.limits import Rate

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.inbox import Arrival

log = structlog.get_logger()
# Somebody who tries tokens: five at once, then one in about a minute and a half.
TRIES = (Rate(50, 3600),)
# Somebody we do not know hears how to get in twice at once, then every four minutes or so.
STRANGERS = (Rate(20, 3600),)
# Opening the app is greeted about twice a day.
GREETINGS = (Rate(1, 8 * 3600),)


class Reception:
    """Works off arrivals: those of our own pages as they are, those of platforms once it is known who speaks."""

    def __init__(
        self, core: Core, texts: Texts, pipeline: Pipeline, lines: Mapping[str, Line],
        transcriber: Transcriber | None = None,
    ) -> None:  # fmt: skip
        self._core = core
        self._texts = texts
        self._pipeline = pipeline
        self._lines = lines
        self._knowing = Knowing(core)
        self._groups = Groups(core, texts)
        self._attachments = Attachments(core, texts, transcriber)
        self._floods = Floods(core, texts, lines)

    def process(self, arrival: Arrival) -> None:
        """Answer an arrival and end it. Raises Unavailable when the database cannot, so that it is tried again."""
        line = self._lines.get(f"{arrival.channel}:{arrival.account}")
        if line is None:
            if arrival.channel in PLATFORMS:
                log.error("arrival_unserved", channel=arrival.channel, account=arrival.account, inbox=arrival.id)
                self._end(arrival, error="nobody serves this account")
            elif not self._floods.turned_away(arrival):
                self._pipeline.process(arrival)
            return
        if isinstance(line, Works) and line.work(arrival):
            self._end(arrival)
            return
        if self._floods.turned_away(arrival):
            return
        event = line.read(arrival)
        if event is None:
            self._end(arrival)
        else:
            self._receive(Guest(self._core, self._texts, line, arrival, event))

    def _receive(self, guest: Guest) -> None:
        event, line = guest.event, guest.line
        known = self._core.accounts.known(line.account.channel, line.account.account, event.native_id, line.account.tenant)
        if event.kind is EventKind.LEFT:
            self._left(guest)
        elif event.group:
            self._in_group(guest, known)
        elif guest.token:
            self._redeem(guest)
        elif event.kind is EventKind.CONTACT and line.account.audience == "customer":
            self._contact(guest, known)
        else:
            self._known_or_not(guest, known)

    def _known_or_not(self, guest: Guest, known: KnownAs | None) -> None:
        actor = self._knowing.actor(guest, known)
        if actor is None:
            self._stranger(guest)
            return
        if known is not None:
            self._core.accounts.used(known, self._core.now())
        if isinstance(guest.line, Attends) and not guest.line.attend(guest.arrival, guest.event, actor.id):
            self._end(guest.arrival)
            return
        self._answer(guest, actor)

    # Who

    def _redeem(self, guest: Guest) -> None:
        """A link or a typed code: from now on this account is its person's."""
        if not self._allowed(f"redeem:{guest.who}", TRIES, guest):
            guest.reply("reception.too_many")
            return
        try:
            view = self._knowing.redeem(guest)
        except Refused:
            guest.reply("reception.link_elsewhere")
        except (Expired, NotFound):
            guest.reply("reception.link_over")
        else:
            actor = self._core.actor(view.person_id, guest.line.account.tenant)
            self._turn(guest, actor, InboundKind.START, connected=not view.again)

    def _contact(self, guest: Guest, known: KnownAs | None) -> None:
        """His own number, as the platform vouches: he is the customer it belongs to, or a lead like any other."""
        event, account = guest.event, guest.line.account
        bound = guest.execute("contact", BindContact(
            channel=account.channel, account=account.account, native_id=event.native_id, chat=event.chat,  # type: ignore[arg-type]
            phone=event.phone, unit=account.unit, language=guest.language,
        )) if event.phone else None  # fmt: skip
        if bound is not None and bound.view is not None:
            actor = self._core.actor(bound.view.person_id, account.tenant)
            self._turn(guest, actor, InboundKind.START, connected=not bound.view.again)
            return
        visitor = self._knowing.actor(guest, known)
        if visitor is None or not event.phone:
            guest.reply("reception.own_number")
            return
        contact = {"name": event.name, "phone": event.phone, "consent": True}
        self._turn(guest, visitor, InboundKind.TEXT, text=event.phone, contact=contact)

    def _stranger(self, guest: Guest) -> None:
        """How colleagues get in, and nothing else."""
        if self._allowed(f"stranger:{guest.who}", STRANGERS, guest):
            guest.reply("reception.stranger", platform=guest.platform)
        else:
            self._end(guest.arrival)

    def _left(self, guest: Guest) -> None:
        account = guest.line.account
        guest.execute("left", CloseChat(channel=account.channel, account=account.account,  # type: ignore[arg-type]
                                        native_id=guest.event.native_id))  # fmt: skip
        self._end(guest.arrival)

    def _in_group(self, guest: Guest, known: KnownAs | None) -> None:
        """Others read along: what is personal is answered in the person's own chat, and strangers are not."""
        alone = guest.privately(known.chat if known is not None else guest.who)
        staff = guest.line.account.audience == STAFF
        actor = self._knowing.actor(alone, known) if staff and not self._groups.follows(guest) else None
        if actor is None or guest.event.facts.get("group"):
            self._end(guest.arrival)
        elif not self._groups.takes(guest, actor):
            self._answer(alone, actor)

    # What

    def _answer(self, guest: Guest, actor: Actor) -> None:
        match guest.event.kind:
            case EventKind.PRESS:
                self._turn(guest, actor, InboundKind.PRESS)
            case EventKind.START:
                self._turn(guest, actor, InboundKind.START)
            case EventKind.ENTER:
                self._entered(guest, actor)
            case EventKind.MEDIA:
                self._media(guest, actor)
            case EventKind.TEXT:
                self._said(guest, actor)
            case _:
                guest.reply("reception.other", actor=actor)

    def _said(self, guest: Guest, actor: Actor) -> None:
        """Words; or a number, where buttons are numbered lines."""
        event = guest.event
        pressed = typed_press(self._core, event.chat, guest.line.capabilities, event.text)
        if pressed:
            guest = replace(guest, event=replace(event, kind=EventKind.PRESS, action_id=pressed))
            self._turn(guest, actor, InboundKind.PRESS)
        else:
            self._turn(guest, actor, InboundKind.TEXT, text=event.text)

    def _entered(self, guest: Guest, actor: Actor) -> None:
        if self._allowed(f"greet:{guest.who}", GREETINGS, guest):
            self._turn(guest, actor, InboundKind.START)
        else:
            self._end(guest.arrival)

    def _media(self, guest: Guest, actor: Actor) -> None:
        """Pictures, voice notes and documents go into the conversation; of others it is said that we cannot read them."""
        try:
            taken = self._attachments.take(guest, actor)
        except Unavailable:
            raise
        except ChexinError as error:
            guest.tell(guest.voice(actor).error(error), actor)
            return
        if taken.unread:
            guest.reply(taken.unread, actor=actor)
        elif taken.draft_id:
            self._turn(guest, actor, InboundKind.FILE, media_id=taken.draft_id, text=guest.event.text)
        elif taken.media_id:
            self._turn(guest, actor, InboundKind.IMAGE, media_id=taken.media_id, text=guest.event.text)
        else:
            self._turn(guest, actor, InboundKind.TEXT, text=taken.text, spoken=True)

    def _turn(self, guest: Guest, actor: Actor, kind: InboundKind, **more: object) -> None:
        event, arrival = guest.event, guest.arrival
        inbound = Inbound(
            channel=arrival.channel, account=arrival.account, chat=event.chat, person_id=actor.id,
            message_id=str(arrival.id), kind=kind, action_id=event.action_id, at=event.at,
            came_from=_origin(event), chosen=event.chosen, pressed_on=event.pressed_on, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self._pipeline.process(replace(arrival, body=body_of(inbound)))

    def _allowed(self, name: str, rates: tuple[Rate, ...], guest: Guest) -> bool:
        """Within its limit; an arrival that is worked off again was counted before."""
        if guest.arrival.attempts > 1:
            return True
        return self._core.limits.take(name, rates, 1, self._core.now()) > 0

    def _end(self, arrival: Arrival, error: str | None = None) -> None:
        self._core.chats.finish(arrival, chat=arrival.sender, person_id="", replies=[], state=None,
                                now=self._core.now(), error=error)  # fmt: skip


def _origin(event: Event) -> dict[str, object]:
    """Where he came from, as a lead keeps it."""
    state = event.facts.get("state") or event.facts.get("scene") or ""
    return {"utm": {"campaign": state}} if state else {}
