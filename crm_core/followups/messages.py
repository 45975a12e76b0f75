"""Follow-ups: a cadence (SOP) running for one lead, deal, appointment or customer. The public vocabulary."""

from __future__ import annotations

from datetime import datetime

from crm_core.kernel.registry import Command, Event, Question, View


class StartCadence(Command):
    """Start a cadence about a record (`lead:ID`); a running one of the same name and subject is kept."""

    sop: str
    subject: str
    customer_id: str
    owner_id: str | None
    unit: str
    occurrence: str = ""
    at: datetime | None = None


class CompleteFollowup(Command):
    """Done: no more steps. `answer` keeps what the customer said."""

    followup_id: str
    answer: str = ""
    satisfaction: int | None = None


class SnoozeFollowup(Command):
    """Remind the owner again at another time; escalation steps keep theirs unless policy says otherwise."""

    followup_id: str
    until: datetime


class SendGreeting(Command):
    """Send the approved greeting to the customer, if he agreed to it."""

    followup_id: str


class ReopenFollowup(Command):
    """Not done after all: the steps that are still ahead will come; the inverse of CompleteFollowup.

    `record_id` is the contact record that was written with it.
    """

    followup_id: str
    version: int
    record_id: str | None = None


class PlanBirthdays(Command):
    """Make the follow-ups of the birthdays of the next hours; for the scheduler, as often as it likes."""


class FollowupMissed(Event):
    followup_id: str


class FollowupView(View):
    """A follow-up. `subject` is its record (`lead:ID`); `step` and `text` say what is to be done, `greeting`
    whether a greeting went out, waits for a press, or why not."""

    id: str
    sop: str
    title: str
    subject: str
    customer_id: str
    customer_name: str
    owner_id: str | None
    owner_name: str
    state: str
    due_at: datetime | None
    step: str
    reason: str
    answer: str
    text: str
    version: int
    satisfaction: int | None = None
    greeting: str = ""
    lead_id: str | None = None
    deal_id: str | None = None


class FollowupCard(Question):
    """One follow-up: FollowupView."""

    followup_id: str


class MyFollowups(Question):
    """Open follow-ups of the actor due before an instant: list[FollowupView]."""

    until: datetime | None = None


class StepPlan(View):
    at: datetime
    do: str
    to: str
    why: str


class ExplainCadence(Question):
    """What a cadence would do when, and why, for a record: list[StepPlan]."""

    sop: str
    subject: str
