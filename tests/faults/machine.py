"""What people do in any order, step by step beside a small model: what is due comes, what is over never does.

The dealer never closes and nobody sleeps here, so that the model can count minutes; the cadences are the shipped
ones with short, plain steps.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import SecretStr
from sqlmodel import col

from crm_core.api import Core
from crm_core.appointments.messages import Book, CancelAppointment, CompleteAppointment
from crm_core.appointments.tables import Appointment
from crm_core.approvals.messages import DecideApproval
from crm_core.approvals.tables import Approval
from crm_core.deals.messages import TransferDeals
from crm_core.followups.messages import SnoozeFollowup
from crm_core.followups.tables import Followup
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.settings import Settings
from crm_core.kernel.tables import Timer
from crm_core.leads.messages import AssignLead, CreateLead, MarkContacted
from crm_core.quotes.messages import CreateQuote, RequestDiscount
from crm_core.tasks.messages import AddTask, CancelTask, CompleteTask, SnoozeTask
from crm_core.tasks.tables import Task
from tests.conftest import NOW, TEST_KEY
from tests.core.deals.house import House
from tests.faults.model import Alarm, LeadModel, Thing, Told

POLICIES = Path(__file__).parent / "policies"
REMIND, ESCALATE = timedelta(minutes=45), timedelta(minutes=60)
DRIVE_REMIND, DRIVE_MISS = timedelta(minutes=40), timedelta(minutes=80)
UNANSWERED, LENGTH = timedelta(hours=4), timedelta(hours=1)
CHECK, APPROVAL_REMIND, DECIDED_BY = timedelta(minutes=30), timedelta(minutes=30), timedelta(minutes=100)
WATCHED = ("task_due", "followup_remind", "followup_escalated", "followup_missed", "appointment_check",
           "appointment_unanswered",
           "approval_reminder")  # fmt: skip
REPS = ("rep1", "rep2")
MINUTES = st.integers(1, 25)

# Every step of every machine, counted, so that a run can say how many there were.
steps = Counter[str]()
# Where a machine finds a fresh, migrated database; a run on PostgreSQL sets another.
fresh: list[Callable[[], str]] = []


@contextmanager
def opened() -> Iterator[House]:
    """A dealership of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = fresh[-1]() if fresh else ""
        settings = Settings(_env_file=None, data_dir=folder, policies=POLICIES, database_url=url,
                            secret_key=SecretStr(TEST_KEY))  # type: ignore[call-arg]  # fmt: skip
        clock = FixedClock(NOW)
        core = Core.open(settings, clock)
        stack.callback(core.close)
        yield House(core, clock).build()


class Dealership(RuleBasedStateMachine):
    """Leads, reminders, test drives and requests of two reps and their manager."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.house = self._stack.enter_context(opened())
        self.leads: list[LeadModel] = []
        self.due: Counter[Told] = Counter()

    def teardown(self) -> None:
        self._stack.close()

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def _pick(self, number: int) -> LeadModel:
        return self.leads[number % len(self.leads)]

    # What people do

    @initialize()
    def begins(self) -> None:
        self.house.model()
        self._arrive("rep1")

    @precondition(lambda self: len(self.leads) < 4)
    @rule(who=st.sampled_from(REPS))
    def arrives(self, who: str) -> None:
        self._arrive(who)

    def _arrive(self, who: str) -> None:
        steps["arrive"] += 1
        phone = f"1390013{len(self.leads):04d}"
        view = self.house.do(who, CreateLead(name="李芳", phone=phone, vehicle="迈腾", keep=True)).view
        lead = LeadModel(view.id, view.customer_id, view.deal_id, who)
        lead.call = self._first_call(lead)
        self.leads.append(lead)

    def _first_call(self, lead: LeadModel) -> Thing:
        return Thing(lead.id, lead.owner, [
            Alarm(self.now + REMIND, "followup_remind", "owner"),
            Alarm(self.now + ESCALATE, "followup_escalated", "manager1"),
        ])  # fmt: skip

    @rule(n=st.integers(0, 9))
    def call(self, n: int) -> None:
        """The customer is called: nobody has to be reminded of it any more, nor of asking after a drive."""
        steps["call"] += 1
        lead = self._pick(n)
        self.house.do(lead.owner, MarkContacted(lead_id=lead.id, outcome="later"))
        lead.contacted = True
        for thing in filter(None, [lead.call, *lead.after_drives]):
            thing.end("done")

    @rule(n=st.integers(0, 9), minutes=st.integers(1, 90))
    def remind_me(self, n: int, minutes: int) -> None:
        steps["remind"] += 1
        lead, due = self._pick(n), self.now + timedelta(minutes=minutes)
        made = self.house.do(lead.owner, AddTask(title="回电话", due_at=due, customer_id=lead.customer))
        lead.tasks.append(Thing(made.id, lead.owner, [Alarm(due, "task_due", "owner")]))

    @rule(n=st.integers(0, 9), which=st.integers(0, 9), what=st.sampled_from(["done", "cancelled", "snoozed"]),
          minutes=st.integers(1, 60))  # fmt: skip
    def with_task(self, n: int, which: int, what: str, minutes: int) -> None:
        lead = self._pick(n)
        tasks = [task for task in lead.tasks if task.state == "open"]
        if not tasks:
            return
        steps[what] += 1
        task, until = tasks[which % len(tasks)], self.now + timedelta(minutes=minutes)
        if what == "snoozed":
            self.house.do(task.owner, SnoozeTask(task_id=task.id, until=until))
            task.alarms = [Alarm(until, "task_due", "owner")]
            return
        command = CompleteTask(task_id=task.id) if what == "done" else CancelTask(task_id=task.id)
        self.house.do(task.owner, command)
        task.end(what)

    @rule(n=st.integers(0, 9), minutes=st.integers(1, 60))
    def snooze_call(self, n: int, minutes: int) -> None:
        """The rep puts his reminder off; what the manager hears keeps its time."""
        lead = self._pick(n)
        if lead.call is None or lead.call.state != "open":
            return
        steps["snooze call"] += 1
        until = self.now + timedelta(minutes=minutes)
        self.house.do(lead.owner, SnoozeFollowup(followup_id=self._call_row(lead).id, until=until))
        kept = [alarm for alarm in lead.call.alarms if alarm.kind != "followup_remind"]
        lead.call.alarms = [*kept, Alarm(until, "followup_remind", "owner")]

    def _call_row(self, lead: LeadModel) -> Followup:
        found = self.house.rows(Followup, Followup.sop == "first_call", Followup.lead_id == lead.id)
        row: Followup = next(row for row in found if row.state == "open")
        return row

    @rule(n=st.integers(0, 9), by=st.sampled_from(["assign", "hand over"]))
    def changes_hands(self, n: int, by: str) -> None:
        """Everything about the customer goes along; a call not yet made starts anew."""
        lead = self._pick(n)
        if by == "assign" and any(task.state == "open" for task in lead.tasks):
            return  # giving away the lead alone leaves the giver his own reminders
        steps[by] += 1
        other = REPS[1 - REPS.index(lead.owner)]
        to_id = self.house.id(other)
        command: Any = AssignLead(lead_id=lead.id, to_id=to_id)
        if by == "hand over":
            command = TransferDeals(customer_id=lead.customer, to_id=to_id)
        self.house.do("manager1", command)
        for thing in lead.things:
            thing.owner = other
        lead.owner = other
        if not lead.contacted:
            if lead.call is not None:
                lead.call.end("cancelled")
            lead.call = self._first_call(lead)

    @rule(n=st.integers(0, 9), minutes=st.integers(5, 90))
    def book_drive(self, n: int, minutes: int) -> None:
        steps["book"] += 1
        lead, start = self._pick(n), self.now + timedelta(minutes=minutes)
        made = self.house.do(lead.owner, Book(kind="test_drive", customer_id=lead.customer, start=start))
        asked = start + CHECK
        lead.drives.append(Thing(made.id, lead.owner, [
            Alarm(asked, "appointment_check", "owner"), Alarm(asked + UNANSWERED, "appointment_check", "owner"),
            Alarm(asked + UNANSWERED, "appointment_unanswered", "manager1"),
        ], "booked", over=start + LENGTH))  # fmt: skip

    @rule(n=st.integers(0, 9), which=st.integers(0, 9), done=st.booleans())
    def end_drive(self, n: int, which: int, done: bool) -> None:
        """Driven: somebody has to ask how it was. Or cancelled, and nothing follows."""
        lead = self._pick(n)
        booked = [drive for drive in lead.drives if drive.state == "booked"]
        if not booked:
            return
        drive = booked[which % len(booked)]
        steps["driven" if done else "drive cancelled"] += 1
        if not done:
            self.house.do(lead.owner, CancelAppointment(appointment_id=drive.id))
            drive.end("cancelled")
            return
        self.house.do(lead.owner, CompleteAppointment(appointment_id=drive.id, text="试驾满意"))
        drive.end("done")
        if lead.call is not None:
            lead.call.end("done")
        lead.contacted = True  # whoever drove with the customer has spoken with him: nobody has to call first
        over = min(self.now, drive.over or self.now)
        alarms = [Alarm(over + DRIVE_MISS, "followup_missed", "both")]
        if alarms[0].at > self.now:  # else it counts as missed at once, and nothing reminds of it before
            alarms.insert(0, Alarm(over + DRIVE_REMIND, "followup_remind", "owner"))
        lead.after_drives.append(Thing(drive.id, lead.owner, alarms))

    @rule(n=st.integers(0, 9))
    def ask_discount(self, n: int) -> None:
        lead = self._pick(n)
        if any(request.state == "pending" for request in lead.requests):
            return
        steps["ask"] += 1
        if not lead.quoted:
            self.house.do(lead.owner, CreateQuote(deal_id=lead.deal, price_fen=23_990_000))
            lead.quoted = True
        view = self.house.do(lead.owner, RequestDiscount(deal_id=lead.deal, amount_fen=800_000)).view
        if any(request.state == "approved" for request in lead.requests):
            assert view.state == "applied", "what was granted for a quote needs nobody's word again"
            return
        alarm = Alarm(self.now + APPROVAL_REMIND, "approval_reminder", "manager1")
        lead.requests.append(Thing(view.approval_id, lead.owner, [alarm], "pending"))

    @rule(n=st.integers(0, 9), decision=st.sampled_from(["approve", "reject"]))
    def decide(self, n: int, decision: Literal["approve", "reject"]) -> None:
        for request in self._pick(n).requests:
            if request.state == "pending":
                self._decide(request, decision)

    def _decide(self, request: Thing, decision: Literal["approve", "reject"]) -> None:
        steps["decide"] += 1
        self.house.do("manager1", DecideApproval(approval_id=request.id, decision=decision))
        request.end({"approve": "approved", "reject": "rejected"}[decision])

    # Time

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        """What the model says is due is told to whom it says, and nothing else."""
        steps["time"] += 1
        until = self.now + timedelta(minutes=minutes)
        expected = Counter(self._told(until))
        self.house.pushed()
        told = Counter(self._heard(push) for push in self.house.fire(minutes=minutes) if self._watched(push))
        assert told == expected
        for lead in self.leads:
            for request in lead.requests:
                if request.state == "pending" and not request.alarms:
                    self._decide(request, "reject")

    def _told(self, until: datetime) -> Iterator[Told]:
        for lead in self.leads:
            for thing in lead.things:
                yield from self._ring(thing, until)

    def _ring(self, thing: Thing, until: datetime) -> Iterator[Told]:
        ringing = [alarm for alarm in thing.alarms if alarm.at <= until]
        for alarm in ringing:
            hears = {"owner": (thing.owner,), "both": (thing.owner, "manager1")}.get(alarm.to, (alarm.to,))
            yield from ((alarm.kind, thing.id, who) for who in hears)
            thing.alarms.remove(alarm)
            if alarm.kind == "followup_missed":
                thing.end("missed")

    def _watched(self, push: Any) -> bool:
        return push.kind in WATCHED and push.params.get("sop") in (None, "first_call", "test_drive")

    def _heard(self, push: Any) -> Told:
        """A push as the model names it: a cadence is known by the record it is about."""
        about = push.params["record"] if push.kind.startswith("followup") else push.subject
        return push.kind, about.partition(":")[2], push.person

    # Always

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        tables: dict[str, Any] = {"tasks": Task, "drives": Appointment, "requests": Approval}
        for name, table in tables.items():
            rows = {row.id: (row.state, row.owner_id) for row in self.house.rows(table)}
            things = [thing for lead in self.leads for thing in getattr(lead, name)]
            for thing in things:
                state, owner = rows[thing.id]
                assert state == thing.state, f"{name}: {state} is not {thing.state}"
                assert owner == self.house.id(thing.owner) or thing.state != "open"

    @invariant()
    def cadences_are_as_the_model_says(self) -> None:
        rows = self.house.rows(
            Followup, col(Followup.sop).in_(("first_call", "test_drive")), Followup.state == "open"
        )
        running = Counter((row.sop, row.subject.partition(":")[2], row.owner_id) for row in rows)
        expected: Counter[tuple[str, str, str]] = Counter()
        for lead in self.leads:
            for sop, things in (("first_call", [lead.call]), ("test_drive", lead.after_drives)):
                expected.update(
                    (sop, one.id, self.house.id(one.owner)) for one in things if one and one.state == "open"
                )
        assert running == expected

    @invariant()
    def no_timer_died(self) -> None:
        assert self.house.rows(Timer, Timer.state == 3) == []
