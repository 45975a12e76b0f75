"""A service desk's conversations: who speaks with the customer now, and what he thought of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Question, View

State = Literal["new", "bot", "queue", "person", "over"]
Score = Literal[1, 2, 3]


class HearCustomer(Command):
    """A customer wrote at a desk: he may be answered again."""

    account: str
    chat: str
    person_id: str
    said_at: datetime


class HearColleague(Command):
    """A colleague wrote to a customer from his own client."""

    chat: str
    at: datetime
    servicer: str = ""


class CustomerEntered(Command):
    """A customer opened the desk; with the platform's one-use `code` he is welcomed."""

    account: str
    chat: str
    person_id: str
    at: datetime
    code: str = ""


class HoldBack(Command):
    """An answer cannot leave: the platform allows none before the customer writes again."""

    chat: str


class CallPerson(Command):
    """The customer wants to speak with a person. Nothing happens when one serves him already."""

    chat: str


class PersonServes(Command):
    """The platform has put him into the queue (`state` queue) or with `servicer` (person).

    `code` allows one message to say so.
    """

    chat: str
    state: Literal["queue", "person"]
    servicer: str = ""
    code: str = ""
    at: datetime | None = None


class NobodyServes(Command):
    """No colleague could take him: he goes on with us, somebody is told to call him."""

    chat: str
    why: str = Field(default="", max_length=100)


class EndService(Command):
    """The customer, or time, ends a conversation with a person."""

    chat: str
    by: Literal["customer", "time"] = "customer"


class ServiceEnded(Command):
    """The platform says that a conversation is over; `code` allows one message more."""

    chat: str
    code: str = ""
    at: datetime | None = None


class RateService(Command):
    """The customer's word on a conversation: 3 good, 2 so-so, 1 bad."""

    session_id: str
    turn: int
    score: Score


class SessionView(View):
    """A conversation as it stands; `silent`: a person serves him, or is about to."""

    chat: str
    state: State
    silent: bool
    servicer: str
    turn: int


class RatingAsked(View):
    turn: int
    colleague: str
    score: int | None


class ServiceRatingOf(Question):
    """What the actor may say of a conversation: RatingAsked. For the customer himself."""

    session_id: str
    turn: int


class ServiceCall(Question):
    """Who waits for a person, for a colleague who may know: ServiceCallView."""

    session_id: str


class ServiceCallView(View):
    session_id: str
    customer_id: str | None
    customer_name: str
    state: State
    servicer_name: str
    since: datetime
