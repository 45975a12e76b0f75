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
    """Remind the owner at another time, now when that is over; what others hear of keeps its time."""

    followup_id: str
    until: datetime


class SendGreeting(Command):
    """Send the approved greeting to the customer, if he agreed to it."""

    followup_id: str


class MuteFollowup(Command):
    """Do not remind of this one again; what others must know keeps its time."""

    followup_id: str


class ResumeFollowup(Command):
    """Remind as planned again; the inverse of putting off and of muting. `snoozed_until`: what held before."""

    followup_id: str
    version: int
    snoozed_until: datetime | None = None


class ReopenFollowup(Command):
    """Not done after all: the steps that are still ahead will come; the inverse of CompleteFollowup.

    `record_id` is the contact record that was written with it; the others are what was before.
    """

    followup_id: str
    version: int
    record_id: str | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    state: str = "open"


class PlanBirthdays(Command):
    """Make the follow-ups of the birthdays of the next hours; for the scheduler, as often as it likes."""


class FollowupMissed(Event):
    followup_id: str


class FollowupView(View):
    """A follow-up. `subject` is its record (`lead:ID`); `step` and `text` say what is to be done, `greeting`
    whether a greeting went out, waits for a press, or why not. `ask`: what to ask the customer (`satisfaction`);
    `repeats`: after done it comes again, at `due_at`; `escalates`: others will still hear of it."""

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
    ask: str = ""
    repeats: bool = False
    muted: bool = False
    escalates: bool = False
    snoozed_until: datetime | None = None
    for_name: str = ""


class FollowupCard(Question):
    """One follow-up: FollowupView."""

    followup_id: str


class MyFollowups(Question):
    """The actor's missed follow-ups of late, then his open ones due before an instant: list[FollowupView].

    Muted ones are not in it; with `muted` only these.
    """

    until: datetime | None = None
    muted: bool = False


class StepPlan(View):
    """One step: when, what, for whom, and why. `why`: (key, values) of texts `sop.why.<key>`; `source` is the
    `file:line` of the step; `past`: its time is over; `muted`: it will not come."""

    at: datetime
    do: str
    to: str
    people: tuple[str, ...] = ()
    text: str = ""
    source: str = ""
    why: tuple[tuple[str, dict[str, str]], ...] = ()
    past: bool = False
    muted: bool = False


class CadencePlan(View):
    """What a cadence does for one record. State: running, would_start, planned (on its day), or why it would not
    start: `over` (its record is lost or won), `no_level`, `not_so` (what `while` asks does not hold)."""

    sop: str
    title: str
    subject: str
    state: str
    started_at: datetime
    zone: str
    customer_name: str
    trigger: tuple[str, ...]
    stops: tuple[str, ...]
    clock: str
    source: str
    steps: tuple[StepPlan, ...]


class ExplainCadence(Question):
    """What a cadence does when, and why, for a record: CadencePlan. `ahead`: so many turns of what repeats."""

    sop: str
    subject: str
    ahead: int = 3


class RecordNamed(Question):
    """The record a reference (L-8F3K), an id or a customer's name stands for: `lead:ID`. A name is the newest lead
    of that customer. Raises NotFound."""

    words: str


class CadenceLine(View):
    name: str
    title: str
    trigger: tuple[str, ...]
    steps: int
    source: str


class Cadences(Question):
    """Every cadence as it holds for a unit (default: the actor's): list[CadenceLine]."""

    unit: str = ""
