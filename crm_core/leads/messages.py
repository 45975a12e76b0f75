"""Leads: how somebody came to us, who follows him, and what was first said. The public vocabulary."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from crm_core.kernel.registry import Command, Event, Question, View


class CreateLead(Command):
    """Somebody is interested. Same phone and interest with an open lead: one more touch, no second lead."""

    name: str = Field(default="", max_length=120)
    phone: str = Field(default="", max_length=60)
    vehicle: str = Field(default="", max_length=200)
    source: str = Field(default="", max_length=60)
    city: str = Field(default="", max_length=60)
    message: str = Field(default="", max_length=4000)
    company: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=200)
    score: float | None = None
    campaign: str = Field(default="", max_length=200)
    referrer: str = Field(default="", max_length=500)
    utm: dict[str, str] = Field(default_factory=dict)
    event_time: datetime | None = None
    unit: str = Field(default="", max_length=200)
    level: str = ""
    channel: str = "api"
    customer_id: str | None = None
    keep: bool = Field(default=False, description="the actor who typed it follows it himself")
    brought_by: str | None = Field(default=None, description="the colleague it came to; heard from the deployment only")


class MarkContacted(Command):
    """The first call was made; `outcome` is interested, later, no_answer, not_interested or free text."""

    lead_id: str
    outcome: str = ""
    text: str = ""


class AssignLead(Command):
    """Give the lead to a colleague."""

    lead_id: str
    to_id: str
    reason: str = ""
    version: int | None = None


class TakeLead(Command):
    """Take a lead that was offered or lies in the public pool; the first to press gets it."""

    lead_id: str


class LoseLead(Command):
    """战败: the lead and its deal are lost, with a reason."""

    lead_id: str
    reason: str = ""


class ReopenLead(Command):
    """Put a lead back to what it was; the inverse of losing or contacting. `record_id`: the contact's record."""

    lead_id: str
    state: str
    version: int
    record_id: str | None = None


class CreateLeads(Command):
    """Several leads, all of them or none: list[LeadView]."""

    leads: tuple[CreateLead, ...] = Field(max_length=100)


class DropLeads(Command):
    """Take several leads back, as far as nobody has worked on them."""

    lead_ids: tuple[str, ...]


class ReviseLead(Command):
    """Put right what was written down wrongly: None leaves a field as it is, empty takes it away."""

    lead_id: str
    name: str | None = Field(default=None, max_length=120)
    phone: str | None = Field(default=None, max_length=60)
    vehicle: str | None = Field(default=None, max_length=200)
    version: int | None = None


class DropLead(Command):
    """Take back a lead that was written by mistake, within its undo time and while nobody worked on it."""

    lead_id: str


class OfferLead(Command):
    """Offer the lead to other people on duty (a cadence does this)."""

    lead_id: str


class ReleaseLead(Command):
    """Put the lead into the public pool (公海). `reason_en` is for those who read English; default: `reason`."""

    lead_id: str
    reason: str = ""
    reason_en: str = ""


class LeadCreated(Event):
    lead_id: str


class LeadAssigned(Event):
    """The lead has a (new) owner, or none when the pool got it."""

    lead_id: str
    owner_id: str | None
    previous_id: str | None


class LeadOffered(Event):
    """Others than its owner may take the lead."""

    lead_id: str


class LeadTouched(Event):
    """The same interest came again."""

    lead_id: str
    channel: str


class LeadContacted(Event):
    lead_id: str


class LeadLost(Event):
    lead_id: str
    reason: str


class LeadView(View):
    """A lead as this actor may see it. `rule` and `reason` say why it has this owner.

    State `looked_after`: a colleague of another dealer is on it. Then there is no id, and nothing is told but
    what the actor said himself. `for_name` is the colleague on leave whose lead the owner calls.
    """

    id: str
    ref: str
    state: str
    customer_id: str
    deal_id: str | None
    name: str
    phone: str
    phone_ok: bool
    vehicle: str
    source: str
    city: str
    message: str
    level: str
    stage: str
    owner_id: str | None
    owner_name: str
    rule: str
    reason: str
    touches: int
    outcome: str
    created_at: datetime
    first_call_due: datetime | None
    offered: bool
    version: int
    duplicate: bool = False
    for_name: str = ""


class LeadCard(Question):
    """One lead: LeadView."""

    lead_id: str


class MyLeads(Question):
    """The actor's leads, newest first: list[LeadView]. `stage` and `level` narrow."""

    stage: str | None = None
    level: str | None = None
    open_only: bool = True
    limit: int = 20


class LatestLead(Question):
    """The newest open lead of a customer the actor may see: LeadView or None."""

    customer_id: str


class LeadPool(Question):
    """Leads anybody on the team may take: list[LeadView]."""

    limit: int = 10
