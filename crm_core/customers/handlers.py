"""Changes of customers and of what was said with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers import birthdays as birthdays
from crm_core.customers import merge as merge
from crm_core.customers import renumber as renumber
from crm_core.customers.birthdays import keep_birthday
from crm_core.customers.lookup import add_phone, customer_with_phone
from crm_core.customers.messages import (
    AddCustomer,
    AddNote,
    ConsentChanged,
    ContactLogged,
    CustomerAdded,
    DecisionMakerMarked,
    KeepPhoto,
    LogContact,
    MarkDecisionMaker,
    RecordRemoved,
    RecordView,
    RemoveRecord,
    RenameCustomer,
    SetConsent,
)  # fmt: skip
from crm_core.customers.rules import pinyin_of, plain_name, split_outcome, surname_of
from crm_core.customers.tables import Consent, Customer, Record
from crm_core.kernel.errors import Invalid, NotFound, Refused
from crm_core.kernel.ids import short_ref
from crm_core.kernel.phones import Phone, parse_phone
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Uow
from crm_core.org.people import zone_of
from crm_core.org.tables import Person
from crm_core.privacy.rules import PersonalDataPolicy

KINDS = ("call", "visit", "chat", "message", "other")
MAX_TEXT = 4000


@handles(AddCustomer)
def add_customer(cmd: AddCustomer, uow: Uow) -> Result:
    """The same data again changes nothing; a known phone in the scope finds its customer."""
    uow.must("customer", "create", cmd.unit or uow.actor.unit)
    phones = [parse_phone(p) for p in cmd.phones if p.strip()]
    if not cmd.name.strip() and not phones:
        raise Invalid("name", "error.name_or_phone")
    _check_owner(cmd, uow)
    cmd = cmd.model_copy(update={"name": plain_name(cmd.name)})
    if cmd.price_class:
        uow.must("import", "write")
    customer = _known(cmd, phones, uow)
    if customer is not None and not uow.access.allows(uow.actor, "customer", "write", customer):
        raise NotFound(resource="customer")
    if customer is None:
        customer = create_customer(uow, name=cmd.name, unit=cmd.unit or uow.actor.unit, owner_id=cmd.owner_id,
                                   code=cmd.code or None, city=cmd.city, source=cmd.source)  # fmt: skip
    changed = _fill(customer, cmd, uow)
    uow.flush()
    for phone in phones:
        changed |= add_phone(uow, customer, phone)
    changed |= _login(customer, cmd, uow) | _initial_consent(customer, cmd, uow)
    if cmd.birthday:
        changed |= keep_birthday(customer, cmd.birthday, cmd.lunar_birthday, uow)
    return Result(id=customer.id, view={"changed": changed})


def _check_owner(cmd: AddCustomer, uow: Uow) -> None:
    """Whoever shall follow him is a colleague of the tenant. Raises NotFound."""
    owner = uow.find(Person, cmd.owner_id)
    if cmd.owner_id is not None and (owner is None or owner.tenant != uow.tenant or owner.kind != "staff"):
        raise NotFound(resource="person")


def _known(cmd: AddCustomer, phones: list[Phone], uow: Uow) -> Customer | None:
    if cmd.code:
        found = uow.first(select(Customer).where(
            col(Customer.tenant) == uow.tenant, col(Customer.code) == cmd.code))  # fmt: skip
        return found
    for phone in phones:
        customer = customer_with_phone(uow, phone, cmd.unit or uow.actor.unit, cmd.name)
        if customer is not None and customer.name == cmd.name:
            return customer
    return None


def create_customer(
    uow: Uow, *, name: str, unit: str, owner_id: str | None, code: str | None = None, city: str = "",
    source: str = "", company: str = "", email: str = "", language: str = "",
) -> Customer:  # fmt: skip
    """A new customer row with its search keys."""
    name = plain_name(name)
    pinyin, initials = pinyin_of(name)
    customer = uow.new(
        Customer, name=name[:120], pinyin=pinyin, initials=initials, surname=surname_of(name), unit=unit,
        owner_id=owner_id, code=code, city=city, source=source, company=company, language=language or "zh",
        email_enc=email or None, touched_at=uow.now,
    )  # fmt: skip
    uow.audit("create", "customer", customer.id, name=name)
    uow.emit(CustomerAdded(customer_id=customer.id))
    return customer


def _fill(customer: Customer, cmd: AddCustomer, uow: Uow) -> bool:
    """Put what the command says into empty or differing fields; True when something changed."""
    given = {
        "name": cmd.name, "owner_id": cmd.owner_id, "city": cmd.city, "company": cmd.company, "level": cmd.level,
        "source": cmd.source, "language": cmd.language, "tags": list(cmd.tags), "price_class": cmd.price_class,
    }  # fmt: skip
    changes: dict[str, Any] = {k: v for k, v in given.items() if v and getattr(customer, k) != v}
    if "name" in changes:
        changes["pinyin"], changes["initials"] = pinyin_of(cmd.name)
        changes["surname"] = surname_of(cmd.name)
    if cmd.email and uow.reveal(customer, "email") != cmd.email:
        changes["email_enc"] = cmd.email
    if changes:
        uow.touch(customer, **changes)
    return bool(changes)


def _login(customer: Customer, cmd: AddCustomer, uow: Uow) -> bool:
    """A customer who may sign in gets a person of his own, who sees himself only."""
    if not cmd.login:
        return False
    if uow.first(select(Person).where(col(Person.tenant) == uow.tenant, col(Person.code) == cmd.login)):
        return False
    add_login(uow, customer, cmd.login)
    return True


def add_login(uow: Uow, customer: Customer, code: str) -> Person:
    """Make the customer somebody who can speak to us."""
    from crm_core.org.tables import GrantRow

    person = uow.new(Person, code=code, kind="customer", name=customer.name, unit=customer.unit,
                     customer_id=customer.id, language=customer.language, zone=zone_of(uow, customer.unit))  # fmt: skip
    uow.session.add(GrantRow(tenant=uow.tenant, person_id=person.id, role="customer", unit=customer.unit))
    return person


def _initial_consent(customer: Customer, cmd: AddCustomer, uow: Uow) -> bool:
    from crm_core.customers.queries import consents

    if not cmd.consent_marketing or consents(uow, customer.id, "marketing"):
        return False
    uow.new(Consent, customer_id=customer.id, purpose="marketing", granted=True, channel="import",
            by_id=uow.actor.id, text_version=_wording(uow, customer))  # fmt: skip
    return True


@handles(RenameCustomer)
def rename_customer(cmd: RenameCustomer, uow: Uow) -> Result:
    """Raises Conflict when the customer changed since the actor saw him."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    uow.expect(customer, cmd.version)
    name = plain_name(cmd.name)[:120]
    if not name:
        raise Invalid("name", "error.empty")
    undo = uow.undoable(RenameCustomer(customer_id=customer.id, name=customer.name), "rename")
    uow.change("name", customer.name, name)
    pinyin, initials = pinyin_of(name)
    uow.touch(customer, name=name, pinyin=pinyin, initials=initials, surname=surname_of(name))
    uow.audit("write", "customer", customer.id, name=name)
    return Result(id=customer.id, undo_id=undo)


@handles(AddNote)
def add_note(cmd: AddNote, uow: Uow) -> Result:
    """A note about a customer the actor may write to, or his own."""
    if not clean_text(cmd.text):
        raise Invalid("text", "error.empty")
    return _write_record(uow, _written_about(uow, cmd.customer_id), "note", cmd.text, "", uow.now, "note")


@handles(KeepPhoto)
def keep_photo(cmd: KeepPhoto, uow: Uow) -> Result:
    """Only a picture the actor sent himself; a customer's own is told to whoever looks after him."""
    blob = uow.session.get(Blob, cmd.image_id)
    if blob is None or blob.tenant != uow.tenant or blob.person_id != uow.actor.id:
        raise NotFound(resource="image")
    own = uow.actor.customer_id == cmd.customer_id
    customer = uow.get(Customer, cmd.customer_id, "customer", "read" if own else "write")
    result = _write_record(uow, customer, "photo", cmd.text, "", uow.now, "photo", cmd.image_id)
    if own and customer.owner_id:
        uow.push(customer.owner_id, "customer_photo", subject=f"customer:{customer.id}", key=f"photo:{result.id}",
                 priority=2, image=cmd.image_id, text=clean_text(cmd.text)[:MAX_TEXT])  # fmt: skip
    return result


@handles(LogContact)
def log_contact(cmd: LogContact, uow: Uow) -> Result:
    """A contact that took place; a time ahead of now is refused."""
    if cmd.kind not in KINDS:
        raise Invalid("kind", "error.invalid")
    at = cmd.at or uow.now
    if at > uow.now:
        raise Invalid("at", "error.future_contact")
    if not clean_text(cmd.text) and not cmd.outcome:
        raise Invalid("text", "error.empty")
    outcome, text = split_outcome(cmd.outcome, cmd.text)
    result = _write_record(uow, _written_about(uow, cmd.customer_id), cmd.kind, text, outcome, at, "contact")
    uow.emit(ContactLogged(record_id=result.id, customer_id=cmd.customer_id, kind=cmd.kind, at=at))
    return result


def _written_about(uow: Uow, customer_id: str | None) -> Customer | None:
    """A customer the actor may write about; None for a note of his own."""
    if customer_id is not None:
        return uow.get(Customer, customer_id, "customer", "write")
    uow.must("record", "create")
    return None


def _write_record(
    uow: Uow, customer: Customer | None, kind: str, text: str, outcome: str, at: datetime, label: str,
    image_id: str = "",
) -> Result:  # fmt: skip
    text, customer_id = clean_text(text)[:MAX_TEXT], customer.id if customer else None
    record = uow.new(
        Record, ref=short_ref("R"), kind=kind, at=at, by_id=uow.actor.id, text_enc=text, outcome=outcome[:60],
        image_id=image_id,
        customer_id=customer_id, unit=customer.unit if customer else uow.actor.unit,
        owner_id=customer.owner_id if customer else uow.actor.id,
    )  # fmt: skip
    if customer is not None:
        uow.touch(customer, touched_at=max(customer.touched_at, at))
    uow.audit("create", "record", record.id, kind=kind)
    undo = uow.undoable(RemoveRecord(record_id=record.id), label)
    view = RecordView(id=record.id, ref=record.ref, customer_id=customer_id, kind=kind, at=at,
                      by_name=uow.actor.name, text=text, outcome=outcome, image_id=image_id)  # fmt: skip
    return Result(id=record.id, view=view, undo_id=undo)


@handles(RemoveRecord)
def remove_record(cmd: RemoveRecord, uow: Uow) -> Result:
    """Only its writer takes a record back; the row stays for the audit, unseen."""
    record = uow.session.get(Record, cmd.record_id)
    if record is None or record.tenant != uow.tenant or record.by_id != uow.actor.id:
        raise NotFound(resource="record")
    if record.removed_at is None:
        uow.touch(record, removed_at=uow.now)
        uow.audit("remove", "record", record.id)
        uow.emit(RecordRemoved(record_id=record.id, customer_id=record.customer_id, kind=record.kind))
    return Result(id=record.id)


@handles(SetConsent)
def set_consent(cmd: SetConsent, uow: Uow) -> Result:
    """The customer himself, or somebody who may write to him, records what he agreed to."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "consent")
    before = _consent_now(uow, customer.id, cmd.purpose)
    if cmd.granted and not before and uow.actor.customer_id is None and _refused_himself(uow, cmd):
        raise Refused("error.opted_out", name=customer.name)
    uow.change("consent", before, cmd.granted)
    row = uow.new(Consent, customer_id=customer.id, purpose=cmd.purpose, granted=cmd.granted, channel=cmd.channel,
                  by_id=uow.actor.id, text_version=_wording(uow, customer))  # fmt: skip
    uow.audit("consent", "customer", customer.id, purpose=cmd.purpose, granted=cmd.granted)
    if before != cmd.granted:
        uow.emit(ConsentChanged(
            customer_id=customer.id, purpose=cmd.purpose, granted=cmd.granted, by_id=uow.actor.id
        ))  # fmt: skip
    inverse = cmd.model_copy(update={"granted": before})
    return Result(id=row.id, undo_id=uow.undoable(inverse, "consent"))


def _wording(uow: Uow, customer: Customer) -> str:
    """The name of the wording people agree to just now."""
    return uow.policies.model("personal_data", PersonalDataPolicy, unit=customer.unit).consent_text


def _refused_himself(uow: Uow, cmd: SetConsent) -> bool:
    """His own word was the last one, and it was no: only he takes that back."""
    last = select(Consent).where(
        col(Consent.tenant) == uow.tenant, col(Consent.customer_id) == cmd.customer_id,
        col(Consent.purpose) == cmd.purpose,
    ).order_by(col(Consent.created_at).desc(), col(Consent.id).desc()).limit(1)  # fmt: skip
    row = uow.first(last)
    by = uow.find(Person, row.by_id) if row is not None and not row.granted else None
    return by is not None and by.kind == "customer"


def _consent_now(uow: Uow, customer_id: str, purpose: str) -> bool:
    from crm_core.customers.queries import consents

    return consents(uow, customer_id, purpose)


@handles(MarkDecisionMaker)
def mark_decision_maker(cmd: MarkDecisionMaker, uow: Uow) -> Result:
    """The same word again changes nothing."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    if customer.decision_maker == cmd.decides:
        return Result(id=customer.id)
    uow.change("decision_maker", customer.decision_maker, cmd.decides)
    uow.touch(customer, decision_maker=cmd.decides)
    uow.audit("write", "customer", customer.id, decision_maker=cmd.decides)
    uow.emit(DecisionMakerMarked(customer_id=customer.id, decides=cmd.decides))
    uow.refresh(f"customer:{customer.id}")
    back = MarkDecisionMaker(customer_id=customer.id, decides=not cmd.decides)
    return Result(id=customer.id, undo_id=uow.undoable(back, "decision_maker"))
