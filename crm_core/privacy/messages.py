"""Rights people have over their data, and what colleagues may do with it before witnesses. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Event, Question, View

Reason = Literal["call", "verify", "delivery", "complaint", "other"]
Masked = Literal["phone", "vin", "plate"]


class ExportPerson(Command):
    """Everything that is kept of one customer, for himself: PersonData. Audited, with who asked and why."""

    customer_id: str
    reason: str = Field(default="", max_length=200)


class AskErasure(Command):
    """Ask that a customer be erased. Nothing goes before another person agrees."""

    customer_id: str
    reason: str = Field(default="", max_length=200)


class AskCustomerList(Command):
    """Ask for a file with the customers one may see; another person must agree. `level` and `state` narrow it."""

    reason: str = Field(default="", max_length=200)
    level: str = Field(default="", max_length=4)


class DecidePrivacyRequest(Command):
    """The second person's word, once, under today's rights."""

    request_id: str
    decision: Literal["approve", "reject"]


class WithdrawPrivacyRequest(Command):
    """The asker takes his request back while it is undecided."""

    request_id: str


class ReapplyErasure(Command):
    """What was erased once is erased again, after an older copy of the database came back. For the deployment."""

    erasure_id: str
    gone_id: str


class TidyPrivacy(Command):
    """Requests nobody decided are over; files and held records whose time is over go. For the deployment."""


class AskAboutMyData(Command):
    """A customer wants a copy of his data, or that they be erased: somebody who may must answer in time."""

    wish: Literal["copy", "erase"]
    words: str = Field(default="", max_length=400)


class RevealContact(Command):
    """Show in full what is masked: Revealed. Counted by person and day, limited, and audited with the reason."""

    customer_id: str
    field: Masked = "phone"
    reason: Reason


class PersonErased(Event):
    """A customer is gone, with everything of his."""

    gone_id: str


class PersonFile(View):
    """A picture or file of the person's."""

    name: str
    mime: str
    content: bytes


class PersonData(View):
    """`tables`: rows by table, opened; `audit`: who did what to them, and when."""

    customer_id: str
    name: str
    language: str
    made_at: datetime
    tables: dict[str, tuple[dict[str, Any], ...]]
    audit: tuple[dict[str, Any], ...]
    files: tuple[PersonFile, ...]


class PrivacyRequestView(View):
    """A request as it stands. `counts`: rows by kind that would go. States: pending, done, rejected, withdrawn, expired."""

    id: str
    kind: str
    state: str
    customer_name: str
    asker_id: str
    asker_name: str
    confirmer_name: str
    decider_name: str
    reason: str
    count: int
    counts: dict[str, int]
    kept: int
    file_id: str
    expires_at: datetime
    may_decide: bool
    may_withdraw: bool


class Revealed(View):
    """Values in full, and how many of today's are left."""

    customer_id: str
    customer_name: str
    field: str
    values: tuple[str, ...]
    left: int


class ConsentLine(View):
    """One word of the customer's on a purpose: given or taken back, where, to which wording, and who wrote it down."""

    purpose: str
    granted: bool
    channel: str
    text_version: str
    by_name: str
    by_customer: bool
    at: datetime


class PrivacyRequestCard(Question):
    """One request, for its asker and whoever may decide it: PrivacyRequestView."""

    request_id: str


class Consents(Question):
    """What a customer agreed to and took back, newest first: list[ConsentLine]."""

    customer_id: str


class PrivacyRights(Question):
    """Of these actions on customers (export, erase, list, reveal) those the actor may do at all: tuple[str, ...]."""


class Unwanted(Question):
    """Whether the actor, a customer, wants no message of this kind any more that was planned at an instant: bool."""

    kind: str
    planned_at: datetime
