"""Conversations at a desk: what each side did, and who speaks with the customer next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.errands.queue import URGENT, errand
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.tables import Lead
from crm_core.org.people import find_person, manager_of, on_duty_for
from crm_core.servicedesk.messages import (
    CallPerson,
    CustomerEntered,
    EndService,
    HearColleague,
    HearCustomer,
    HoldBack,
    NobodyServes,
    PersonServes,
    RateService,
    ServiceEnded,
    SessionView,
    State,
)
from crm_core.servicedesk.rules import EVENT_CODE, WELCOME_CODE, DeskPolicy
from crm_core.servicedesk.servicers import servicer_name, servicer_of, userid_of
from crm_core.servicedesk.tables import ServiceRating, ServiceSession
from crm_core.servicedesk.welcome import welcome_text
from crm_core.servicedesk.window import let_go

SERVED = ("queue", "person")
QUEUE, BACK = "service_queue", "service_back"
RATE_LATE = timedelta(hours=24)


@handles(HearCustomer)
def hear_customer(cmd: HearCustomer, uow: Uow) -> Result:
    """The window opens anew, and what was held back goes out; after the end of a service the assistant is back."""
    row = _session(uow, cmd.account, cmd.chat, cmd.person_id)
    said_at = min(cmd.said_at, uow.now)
    changes: dict[str, object] = {"person_id": cmd.person_id or row.person_id}
    if row.said_at is None or said_at >= row.said_at:
        changes |= {"said_at": said_at, "sent": [], "held_at": None}
    if row.state in ("new", "over"):
        changes |= {"state": "bot", "since": uow.now, "code_enc": None, "code_until": None}
    uow.touch(row, **changes)
    if row.state == "bot":
        let_go(uow, row.chat)
        _ask_late(uow, row)
    return Result(id=row.id, view=session_view(row))


def _ask_late(uow: Uow, row: ServiceSession) -> None:
    """He could not be asked when his conversation with a person ended; now he can."""
    if row.rate_turn and row.since > uow.now - RATE_LATE:
        ask_rating(uow, row)


@handles(HearColleague)
def hear_colleague(cmd: HearColleague, uow: Uow) -> Result:
    """A colleague who writes serves the customer, whoever put him through."""
    row = find_session(uow, cmd.chat)
    if row is None:
        return Result(id="")
    before = row.state
    changes: dict[str, object] = {"since": max(row.since, min(cmd.at, uow.now))}
    if before in SERVED or (before == "bot" and cmd.at >= row.since):
        changes |= {"state": "person", "servicer": cmd.servicer or row.servicer}
        changes |= {"turn": row.turn + (before not in SERVED)}
    uow.touch(row, **changes)
    if row.state == "person" != before:
        uow.cancel_timers(f"service:{row.id}", QUEUE)
        _watch_end(uow, row)
    return Result(id=row.id, view=session_view(row))


@handles(CustomerEntered)
def customer_entered(cmd: CustomerEntered, uow: Uow) -> Result:
    """Welcomed once for each of the platform's codes; who waits for an answer gets that instead."""
    row = _session(uow, cmd.account, cmd.chat, cmd.person_id)
    uow.touch(row, person_id=cmd.person_id or row.person_id)
    if not cmd.code or row.state in SERVED or cmd.at + WELCOME_CODE <= uow.now:
        return Result(id=row.id, view=session_view(row))
    uow.touch(row, code_enc=cmd.code, code_until=cmd.at + WELCOME_CODE,
              state="bot" if row.state == "over" else row.state)  # fmt: skip
    let_go(uow, row.chat)
    person = find_person(uow, row.person_id)
    text = welcome_text(uow, person.unit, person.language) if person is not None else ""
    if row.held_at is None and text:
        uow.push(row.person_id, "desk_welcome", key=f"service:{row.id}:welcome:{cmd.at.timestamp():.0f}",
                 priority=Priority.REPLY, chat=row.chat, text=text)  # fmt: skip
    return Result(id=row.id, view=session_view(row))


@handles(HoldBack)
def hold_back(cmd: HoldBack, uow: Uow) -> Result:
    """An answer waits for the customer's next word; who is responsible hears so once for each such wait."""
    row = _known(uow, cmd.chat)
    if row.held_at is None:
        uow.touch(row, held_at=uow.now)
        uow.push(responsible(uow, row), "desk_held", subject=f"service:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"service:{row.id}:held:{uow.now.timestamp():.0f}")  # fmt: skip
    return Result(id=row.id, view=session_view(row))


@handles(CallPerson)
def call_person(cmd: CallPerson, uow: Uow) -> Result:
    """His own rep is asked for first; whoever is responsible is told."""
    row = _known(uow, cmd.chat)
    if row.state in SERVED:
        return Result(id=row.id, view=session_view(row))
    uow.touch(row, state="queue", since=uow.now, turn=row.turn + 1, servicer="", rate_turn=0, code_enc=None,
              code_until=None)  # fmt: skip
    owner_id = responsible(uow, row)
    owner = find_person(uow, owner_id)
    waits = timedelta(minutes=policy_of(uow, row).queue_minutes)
    errand(uow, account=row.account, kind="call_person", key=f"service:{row.id}:call:{row.turn}", priority=URGENT,
           expires_at=uow.now + waits, subject=f"service:{row.id}", chat=row.chat,
           prefer=userid_of(uow, row, owner))  # fmt: skip
    uow.timer(QUEUE, uow.now + waits, subject=f"service:{row.id}", key=f"{QUEUE}:{row.id}:{row.turn}",
              priority=Priority.MUST_KNOW, turn=row.turn)  # fmt: skip
    uow.push(owner_id, "desk_call", subject=f"service:{row.id}", key=f"service:{row.id}:call:{row.turn}",
             priority=Priority.MUST_KNOW)  # fmt: skip
    uow.audit("call_person", "service", row.id, turn=row.turn)
    return Result(id=row.id, view=session_view(row))


@handles(PersonServes)
def person_serves(cmd: PersonServes, uow: Uow) -> Result:
    """The assistant is silent from now on. With a code the customer is told so, once a call."""
    row = find_session(uow, cmd.chat)
    if row is None or (row.state == "person" and cmd.state == "queue"):
        return Result(id=row.id if row else "")
    known = row.state in SERVED
    uow.touch(row, state=cmd.state, servicer=cmd.servicer, since=uow.now,
              turn=row.turn if known else row.turn + 1)  # fmt: skip
    if cmd.state == "person":
        uow.cancel_timers(f"service:{row.id}", QUEUE)
        _watch_end(uow, row)
    if cmd.code:
        _keep_code(uow, row, cmd.code, uow.now + EVENT_CODE)
        name = servicer_name(uow, row)
        uow.push(row.person_id or None, "desk_person" if name else "desk_queue", chat=row.chat, name=name,
                 priority=Priority.REPLY, key=f"service:{row.id}:told:{row.turn}:{cmd.state}")  # fmt: skip
    uow.refresh(f"service:{row.id}")
    return Result(id=row.id, view=session_view(row))


@handles(NobodyServes)
def nobody_serves(cmd: NobodyServes, uow: Uow) -> Result:
    """He goes on with the assistant, hears so, and who is responsible is to call him."""
    row = _known(uow, cmd.chat)
    if row.state != "queue":
        return Result(id=row.id, view=session_view(row))
    uow.cancel_timers(f"service:{row.id}")
    uow.touch(row, state="bot", since=uow.now, servicer="")
    tell_nobody(uow, row)
    let_go(uow, row.chat)
    uow.audit("nobody_serves", "service", row.id, reason=cmd.why)
    return Result(id=row.id, view=session_view(row))


def tell_nobody(uow: Uow, row: ServiceSession) -> None:
    """The customer is told that somebody will call; whoever is to call is told, too."""
    uow.push(row.person_id or None, "desk_nobody", chat=row.chat, priority=Priority.REPLY,
             key=f"service:{row.id}:nobody:{row.turn}")  # fmt: skip
    uow.push(responsible(uow, row), "desk_missed", subject=f"service:{row.id}", priority=Priority.MUST_KNOW,
             key=f"service:{row.id}:missed:{row.turn}")  # fmt: skip


@handles(EndService)
def end_service(cmd: EndService, uow: Uow) -> Result:
    """The platform is told; what it answers (ServiceEnded) lets the customer be asked how it was."""
    row = _known(uow, cmd.chat)
    if row.state in SERVED:
        end(uow, row)
        uow.audit("end_service", "service", row.id, by=cmd.by)
    return Result(id=row.id, view=session_view(row))


def end(uow: Uow, row: ServiceSession) -> None:
    """A conversation with a person ends from our side."""
    uow.cancel_timers(f"service:{row.id}")
    rated = row.turn if row.servicer and policy_of(uow, row).ask_rating else 0
    uow.touch(row, state="over", since=uow.now, rate_turn=rated)
    errand(uow, account=row.account, kind="end_service", key=f"service:{row.id}:end:{row.turn}", priority=URGENT,
           subject=f"service:{row.id}", chat=row.chat)  # fmt: skip
    uow.refresh(f"service:{row.id}")


@handles(ServiceEnded)
def service_ended(cmd: ServiceEnded, uow: Uow) -> Result:
    """Ended by us, by the colleague or by the platform: one question, if a person was there."""
    row = find_session(uow, cmd.chat)
    if row is None:
        return Result(id="")
    if row.state in SERVED:
        uow.cancel_timers(f"service:{row.id}")
        rated = row.turn if row.servicer and policy_of(uow, row).ask_rating else 0
        uow.touch(row, state="over", since=uow.now, rate_turn=rated)
    if cmd.code and row.state == "over":
        _keep_code(uow, row, cmd.code, uow.now + EVENT_CODE)
        if row.rate_turn:
            ask_rating(uow, row)
        let_go(uow, row.chat)
    uow.refresh(f"service:{row.id}")
    return Result(id=row.id, view=session_view(row))


def ask_rating(uow: Uow, row: ServiceSession) -> None:
    """How was it? Asked once a conversation."""
    uow.push(row.person_id or None, "desk_rating", subject="", chat=row.chat, priority=Priority.REPLY,
             key=f"service:{row.id}:rate:{row.rate_turn}", session=row.id, turn=row.rate_turn)  # fmt: skip
    uow.touch(row, rate_turn=0)


@handles(RateService)
def rate_service(cmd: RateService, uow: Uow) -> Result:
    """For the customer himself; his last word counts. A bad one is told to the colleague's manager."""
    row = uow.seize(ServiceSession, cmd.session_id)
    if row is None or row.tenant != uow.tenant or row.person_id != uow.actor.id:
        raise NotFound(resource="service")
    if not 0 < cmd.turn <= row.turn:
        raise Invalid("turn")
    colleague = servicer_of(uow, row)
    known = uow.first(select(ServiceRating).where(
        col(ServiceRating.session_id) == row.id, col(ServiceRating.turn) == cmd.turn))  # fmt: skip
    if known is None:
        known = uow.new(ServiceRating, unit=_unit(uow, row), session_id=row.id, turn=cmd.turn,
                        person_id=row.person_id, colleague_id=colleague.id if colleague else None,
                        score=cmd.score)  # fmt: skip
    else:
        uow.touch(known, score=cmd.score)
    uow.audit("rate", "service", row.id, turn=cmd.turn, score=cmd.score)
    if cmd.score == 1:
        manager = manager_of(uow, known.unit)
        uow.push(manager.id if manager else None, "desk_bad_rating", subject=f"service:{row.id}",
                 priority=Priority.MUST_KNOW, key=f"service:{row.id}:bad:{cmd.turn}")  # fmt: skip
    return Result(id=known.id, view=session_view(row))


# Shared


def find_session(uow: Uow, chat: str) -> ServiceSession | None:
    """The conversation of a chat, one transaction after the other."""
    uow.lock(f"service:{chat}"[:60])
    return uow.first(
        select(ServiceSession).where(col(ServiceSession.tenant) == uow.tenant, col(ServiceSession.chat) == chat)
    )


def _known(uow: Uow, chat: str) -> ServiceSession:
    row = find_session(uow, chat)
    if row is None:
        raise NotFound(resource="service")
    return row


def _session(uow: Uow, account: str, chat: str, person_id: str) -> ServiceSession:
    row = find_session(uow, chat)
    return row or uow.new(ServiceSession, chat=chat, account=account, person_id=person_id, since=uow.now)


def _keep_code(uow: Uow, row: ServiceSession, code: str, until: datetime) -> None:
    uow.touch(row, code_enc=code, code_until=until)


def _watch_end(uow: Uow, row: ServiceSession) -> None:
    """It ends by itself when nobody writes any more."""
    after = timedelta(minutes=policy_of(uow, row).back_after_minutes)
    uow.cancel_timers(f"service:{row.id}", BACK)
    uow.timer(BACK, uow.now + after, subject=f"service:{row.id}", turn=row.turn,
              key=f"{BACK}:{row.id}:{row.turn}:{row.version}")  # fmt: skip


def policy_of(uow: Uow, row: ServiceSession) -> DeskPolicy:
    """`servicedesk.yaml` as it holds where the customer belongs."""
    return uow.policies.model("servicedesk", DeskPolicy, unit=_unit(uow, row))


def _unit(uow: Uow, row: ServiceSession) -> str:
    person = find_person(uow, row.person_id)
    return person.unit if person is not None else f"{uow.tenant}."


def responsible(uow: Uow, row: ServiceSession) -> str | None:
    """Who is to look after this customer: his rep or who stands in for him, else the nearest manager."""
    person = find_person(uow, row.person_id)
    known = uow.find(Customer, person.customer_id) if person is not None else None
    followed = known or uow.find(Lead, row.lead_id)
    if followed is not None and followed.owner_id:
        return on_duty_for(uow, followed.owner_id, followed.unit)
    manager = manager_of(uow, _unit(uow, row))
    return manager.id if manager is not None else None


def session_view(row: ServiceSession) -> SessionView:
    return SessionView(chat=row.chat, state=cast("State", row.state), silent=row.state in SERVED, servicer=row.servicer,
                       turn=row.turn)  # fmt: skip


