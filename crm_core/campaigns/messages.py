"""Contact codes, customers who came by them, and what becomes of their connection. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Event, Question, View

Outcome = Literal["waiting", "done", "refused", "full", "failed"]


class MakeContactCode(Command):
    """A code for customers to add a colleague (the actor himself) on WeChat; `campaign` says what it is for."""

    campaign: str = Field(max_length=60)
    person_id: str = ""


class ContactCodeMade(Command):
    """What the platform made, or (`error`) why it did not. `image_id` is its picture."""

    code_id: str
    config_id: str = ""
    link: str = Field(default="", max_length=500)
    image_id: str | None = None
    error: str = Field(default="", max_length=60)


class ContactAdded(Command):
    """A customer is connected with a colleague now: a lead, with what brought him."""

    account: str
    native_id: str
    userid: str
    mark: str = ""
    at: datetime


class ContactEnded(Command):
    """A connection ended: by the customer, or by the colleague."""

    account: str
    native_id: str
    userid: str
    by: Literal["customer", "colleague"]
    at: datetime


class FollowerTold(View):
    """A follower as the platform tells him."""

    userid: str
    remark: str = ""
    mark: str = ""
    tags: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


class ContactTold(Command):
    """What the platform knows of a contact: his own name there, and his followers with their tags and remarks."""

    account: str
    native_id: str
    name: str = Field(default="", max_length=120)
    followers: tuple[FollowerTold, ...] = ()


class TagCustomer(Command):
    """Put tags on a customer, or take them off. Those that have a counterpart in the corp's list go there, too."""

    customer_id: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class CustomerTagged(Event):
    customer_id: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


class TransferOutcome(View):
    """What the platform said of one contact of a transfer."""

    native_id: str
    outcome: Outcome
    error: str = ""


class TransfersTold(Command):
    """What the platform said of contacts that go from one colleague to another."""

    account: str
    from_userid: str
    to_userid: str
    outcomes: tuple[TransferOutcome, ...]


class TransferRefused(Command):
    """The platform calls: a contact does not go over to a colleague."""

    account: str
    native_id: str
    to_userid: str
    outcome: Literal["refused", "full"]


class PendingTransfers(Question):
    """Contacts that are to go from one colleague to another: TransferBatch. For the deployment itself."""

    from_userid: str
    to_userid: str
    state: Literal["asked", "waiting"] = "asked"
    limit: int = 100


class TransferBatch(View):
    """`gone`: the colleague they come from has left."""

    native_ids: tuple[str, ...]
    gone: bool


class ContactCodeView(View):
    id: str
    campaign: str
    person_name: str
    state: str
    link: str
    image_id: str | None
    error: str
    customers: int


class ContactCodeCard(Question):
    """One code: ContactCodeView."""

    code_id: str


class ContactCodes(Question):
    """The codes the actor may see, newest first: list[ContactCodeView]."""

    limit: int = 10


class ContactWelcome(Question):
    """What a customer who added a colleague is greeted with: a text, empty for none. For the deployment itself."""

    account: str
    userid: str


class PersonOfContact(Command):
    """Who speaks for a customer the corp knows on WeChat: Result(id of his person), or of nobody ("")."""

    account: str
    native_id: str
    unit: str


class TransferCard(Question):
    """A contact that does not go over: TransferView."""

    transfer_id: str


class TransferView(View):
    id: str
    customer_id: str
    customer_name: str
    from_id: str
    from_name: str
    to_name: str
    state: str
    error: str
    may_return: bool
