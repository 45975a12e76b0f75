"""What a cadence would do when, to whom, and why: asked before or while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import or_

from crm_core.appointments.tables import Appointment
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.deals.tables import Deal
from crm_core.followups.cadence import sop_named, sop_of, sops
from crm_core.followups.lookup import Facts, facts_of, place_of, record_of
from crm_core.followups.messages import (
    CadenceLine,
    CadencePlan,
    Cadences,
    ExplainCadence,
    RecordNamed,
    StepPlan,
)
from crm_core.followups.plan_birthdays import SOP as BIRTHDAY
from crm_core.followups.plan_birthdays import next_birthday
from crm_core.followups.rules import Place, Planned, Sop
from crm_core.followups.sop import PLANNED, SUBJECTS, reasons, turn_of
from crm_core.followups.steps import people_of
from crm_core.followups.tables import Followup
from crm_core.followups.traits import holds, level_of
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.policies import Document
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Owned
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.org.people import person_name


@answers(Cadences)
def cadences(question: Cadences, reader: Reader) -> list[CadenceLine]:
    """By name."""
    unit = question.unit or reader.actor.unit
    found = [
        CadenceLine(name=sop.name, title=sop.title.of(reader.actor.language), steps=len(sop.steps),
                    trigger=_triggers(sop), source=reader.policies.documents[f"sop/{sop.name}"].locate(()))
        for sop in sops(reader, unit)
    ]  # fmt: skip
    return sorted(found, key=lambda line: line.name)


def _triggers(sop: Sop) -> tuple[str, ...]:
    return tuple(dict.fromkeys(trigger.event for trigger in sop.trigger))


@answers(RecordNamed)
def record_named(question: RecordNamed, reader: Reader) -> str:
    """Leads before deals before appointments before customers."""
    words = question.words.strip()
    tables: tuple[tuple[str, Any], ...] = (("lead", Lead), ("deal", Deal), ("appointment", Appointment),
                                           ("customer", Customer))  # fmt: skip
    for resource, table in tables:
        row = cast(Any, table)
        known = row.id == words
        if hasattr(row, "ref"):
            known = or_(known, row.ref == words.upper())
        found = reader.first(reader.select(table, resource).where(known))
        if found is not None:
            return f"{resource}:{found.id}"
    return _by_name(words, reader)


def _by_name(name: str, reader: Reader) -> str:
    customer, lead = cast(Any, Customer), cast(Any, Lead)
    named = reader.select(Customer, "customer").where(customer.name == name)
    found = reader.first(named.order_by(customer.touched_at.desc(), customer.id))
    if not name or found is None:
        raise NotFound(resource="record")
    his = reader.select(Lead, "lead").where(lead.customer_id == found.id)
    newest = reader.first(his.order_by(lead.created_at.desc(), lead.id.desc()))
    return f"lead:{newest.id}" if newest is not None else f"customer:{found.id}"


@dataclass(frozen=True)
class _Case:
    """A cadence about one record: the one that runs, or one that would start now."""

    sop: Sop
    subject: str
    facts: Facts
    start: datetime
    place: Place
    row: Followup | None
    state: str


@answers(ExplainCadence)
def explain_cadence(question: ExplainCadence, reader: Reader) -> CadencePlan:
    """The running cadence's steps, or what one started now would do. Raises NotFound, Invalid."""
    found = record_of(reader, question.subject)
    if found is None or not reader.access.allows(reader.actor, found[1], "read", found[0]):
        raise NotFound(resource=found[1] if found else "record")
    case = _case(question, found[0], reader)
    sop, document = case.sop, reader.policies.documents.get(f"sop/{case.sop.name}")
    return CadencePlan(
        sop=sop.name, title=sop.title.of(reader.actor.language), subject=case.subject, state=case.state,
        started_at=case.start, zone=case.place.zone, customer_name=customer_name(reader, case.facts.customer_id),
        trigger=_triggers(sop), stops=tuple(dict.fromkeys(stop.event for stop in sop.stop)),
        clock=sop.clock, source=document.locate(()) if document is not None else "",
        steps=tuple(_shown(case, planned, document, reader) for planned in _turns(case, question.ahead)),
    )  # fmt: skip


def _case(question: ExplainCadence, record: Owned, reader: Reader) -> _Case:
    policy = sop_named(reader, question.sop, record.unit)
    if policy is None:
        raise Invalid("sop", "error.unknown_sop", name=question.sop)
    subject = _subject(policy, question.subject, record, reader)
    facts = facts_of(reader, subject)
    assert facts is not None
    row = _running(policy.name, subject, record, reader)
    place = place_of(reader, row.unit if row is not None else facts.unit)
    if row is not None:
        return _Case(sop_of(row), row.subject, facts, row.started_at, place, row, "running")
    own = policy.at_level(level_of(reader, facts))
    state = "no_level" if own is None else "would_start" if holds(reader, policy, facts) else "not_so"
    if _is_over(record):
        state = "over"
    elif state == "would_start" and all(trigger.event in PLANNED for trigger in policy.trigger):
        state = "planned"
    start = reader.now
    if state == "planned" and policy.name == BIRTHDAY:
        known = next_birthday(reader, facts.customer_id)
        state, start = ("dated", known) if known is not None else ("no_date", start)
    bare = policy.model_copy(update={"steps": []})
    return _Case(bare if state == "no_date" else own or bare, subject, facts, start, place, None, state)


def _is_over(record: Owned) -> bool:
    return getattr(record, "state", "") in ("lost", "won", "dropped")


def _subject(sop: Sop, asked: str, record: Owned, reader: Reader) -> str:
    """What the cadence is about, seen from the record that was named: the deal of a lead, its customer."""
    kinds = (
        {sop.about} if sop.about else {{**SUBJECTS, **PLANNED}[trigger.event][0] for trigger in sop.trigger}
    )
    if asked.partition(":")[0] in kinds:
        return asked
    if "deal" in kinds and isinstance(record, Lead):
        return f"deal:{record.deal_id}" if record.deal_id else asked
    if "lead" in kinds and isinstance(record, Deal) and record.lead_id:
        return f"lead:{record.lead_id}"
    if "customer" in kinds and record.customer_id:
        return f"customer:{record.customer_id}"
    return asked


def _running(name: str, subject: str, record: Owned, reader: Reader) -> Followup | None:
    """The open one about the subject, else one of this name about the same customer (an appointment of his)."""
    row = cast(Any, Followup)
    mine = reader.select(Followup, "followup").where(row.sop == name, row.state == "open")
    exact = reader.first(mine.where(row.subject == subject))
    customer_id = getattr(record, "customer_id", None)
    if exact is not None or customer_id is None:
        return exact
    return reader.first(mine.where(row.customer_id == customer_id).order_by(row.started_at.desc()))


def _turns(case: _Case, ahead: int) -> list[Planned]:
    """Each step's turns: what is over of those that come once, and so many ahead of those that repeat."""
    found = []
    for index in range(len(case.sop.ladder)):
        found += list(_turns_of(case, index, ahead))
    return sorted(found, key=lambda planned: (planned.at, planned.index))


def _turns_of(case: _Case, index: int, ahead: int) -> Iterator[Planned]:
    turns = ahead if case.sop.ladder[index].gap is not None else 1
    for turn in range(turns):
        planned = turn_of(case.sop, index, turn, case.start, case.place)
        if planned is not None:
            yield planned


def _shown(case: _Case, planned: Planned, document: Document | None, reader: Reader) -> StepPlan:
    step, row, count = planned.step, case.row, len(case.sop.steps)
    muted = row is not None and row.muted_at is not None and (step.reminds or step.priority != "must_know")
    at = ("steps", planned.index) if planned.index < count else ("escalation",)
    people = people_of(reader, case.facts.owner_id, case.facts.unit, step.to)
    return StepPlan(
        at=planned.at, do=step.do, to=step.to, text=step.text.of(reader.actor.language), muted=muted,
        people=tuple(person_name(reader, one) for one in people if step.do != "offer" or one != case.facts.owner_id),
        source=document.locate(at) if document is not None else "", past=row is not None and planned.at <= reader.now,
        why=tuple((reason.key, reason.values) for reason in reasons(case.sop, planned, case.start, case.place)),
    )  # fmt: skip
