"""Contact codes, and customers who came by them."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlmodel import col

from crm_core.campaigns import transfers as transfers
from crm_core.campaigns.lookup import (
    PREFIX,
    code_of,
    contact_at,
    contacts_of,
    follower,
)
from crm_core.campaigns.messages import (
    ContactAdded,
    ContactCodeMade,
    ContactEnded,
    ContactTold,
    CustomerTagged,
    FollowerTold,
    MakeContactCode,
    PersonOfContact,
    TagCustomer,
)
from crm_core.campaigns.queries import code_view
from crm_core.campaigns.rules import ContactPolicy, ours
from crm_core.campaigns.tables import ContactCode, WechatContact, WechatFollower
from crm_core.channels.corps import colleague_of, vouches
from crm_core.channels.tables import ChannelAccount
from crm_core.customers.handlers import add_login
from crm_core.customers.lookup import add_phone
from crm_core.customers.messages import RenameCustomer
from crm_core.customers.rules import plain_name
from crm_core.customers.tables import Customer
from crm_core.errands.queue import URGENT, errand
from crm_core.kernel.access import Place
from crm_core.kernel.errors import Invalid, NotFound, Refused
from crm_core.kernel.ids import new_id
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.pii import clean_text, mask_phones
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.messages import CreateLead
from crm_core.leads.tables import Lead
from crm_core.org.people import dealer_of, find_person
from crm_core.org.tables import Person

# A contact whose name the platform has not told yet.
NAMELESS = {"zh": "微信客户", "en": "WeChat customer"}
MAX_TAGS = 50


# Codes


@handles(MakeContactCode)
def make_code(cmd: MakeContactCode, uow: Uow) -> Result:
    """Raises Refused when customer contact is not set up, or the colleague has no userid; NotFound."""
    campaign = mask_phones(clean_text(cmd.campaign))[:60]
    if not campaign:
        raise Invalid("campaign", "error.empty")
    person = find_person(uow, cmd.person_id or uow.actor.id)
    if person is None or not _may_make(uow, person):
        raise NotFound(resource="person")
    accounts = _accounts(uow)
    if not accounts:
        raise Refused("error.contacts_off")
    corp = next((one for one in accounts if vouches(uow, one, person.unit)), None)
    if not (corp and person.wecom_userid):
        raise Refused("error.no_userid", name=person.name)
    account = f"{PREFIX}{corp}"
    row = uow.new(ContactCode, unit=person.unit, account=account, person_id=person.id, asker_id=uow.actor.id,
                  campaign=campaign, mark=f"c{secrets.token_hex(10)}")  # fmt: skip
    policy = uow.policies.model("contacts", ContactPolicy, unit=person.unit)
    errand(uow, account=account, kind="contact_code", key=f"contact_code:{row.id}", subject=f"contact_code:{row.id}",
           priority=URGENT, code=row.id, asker=row.asker_id, userid=person.wecom_userid, mark=row.mark, remark=campaign[:30],
           skip_verify=policy.skip_verify)  # fmt: skip
    uow.change("campaign", "", campaign)
    uow.change("owner", "", person.name, "person")
    uow.audit("create", "contact_code", row.id, campaign=campaign, person=person.id)
    return Result(id=row.id, view=code_view(row, uow))


def _may_make(uow: Uow, person: Person) -> bool:
    place = Place(person.tenant, person.unit, person.id)
    return person.tenant == uow.tenant and uow.access.allows(uow.actor, "contact_code", "create", place)


def _accounts(uow: Uow) -> list[str]:
    """The corps whose customer contact is served here."""
    query = select(ChannelAccount).where(
        col(ChannelAccount.tenant) == uow.tenant, col(ChannelAccount.channel) == "contacts", col(ChannelAccount.active)
    )
    return [one.account for one in uow.rows(query.order_by(col(ChannelAccount.created_at), col(ChannelAccount.id)))]


@handles(ContactCodeMade)
def code_made(cmd: ContactCodeMade, uow: Uow) -> Result:
    """Whoever asked for it gets it."""
    row = uow.seize(ContactCode, cmd.code_id)
    if row is None or row.tenant != uow.tenant:
        raise NotFound(resource="contact_code")
    if row.state == "making":
        uow.touch(row, state="failed" if cmd.error else "ready", config_id=cmd.config_id, link=cmd.link,
                  image_id=cmd.image_id, error=cmd.error)  # fmt: skip
        uow.push(row.asker_id, "contact_code", subject=f"contact_code:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"contact_code:{row.id}")  # fmt: skip
    return Result(id=row.id, view=code_view(row, uow))


# Customers who came


@handles(ContactAdded)
def contact_added(cmd: ContactAdded, uow: Uow) -> Result:
    """A lead of the colleague he added, with the campaign; known customers get one more touch instead."""
    person = colleague_of(uow, cmd.userid, cmd.account.removeprefix(PREFIX))
    code = code_of(uow, cmd.mark)
    unit = person.unit if person is not None else code.unit if code is not None else f"{uow.tenant}."
    uow.lock(f"contact:{cmd.native_id}"[:60])
    known = contact_at(uow, cmd.account, cmd.native_id, unit)
    contact = known or _new_contact(uow, cmd, person, code, unit)
    if contact is None:
        return Result(id="")
    if known is not None:
        _interest(uow, cmd, person, code, unit, known.customer_id)
    row = follower(uow, contact.id, cmd.userid.lower())
    if row is None:
        uow.new(WechatFollower, contact_id=contact.id, userid=cmd.userid.lower(), since=cmd.at, mark=cmd.mark[:30],
                person_id=person.id if person else None)  # fmt: skip
    else:
        uow.touch(row, since=cmd.at, left_at=None, lost="", mark=cmd.mark[:30] or row.mark)
    look_up(uow, contact, f"added:{cmd.at.timestamp():.0f}:{cmd.userid}")
    uow.audit("connect", "customer", contact.customer_id, with_id=person.id if person else "", code=code.id if code else "")
    return Result(id=contact.customer_id)


def _new_contact(
    uow: Uow, cmd: ContactAdded, person: Person | None, code: ContactCode | None, unit: str
) -> WechatContact | None:
    if not uow.policies.model("contacts", ContactPolicy, unit=unit).lead_from_contact:
        return None
    lead_id = _interest(uow, cmd, person, code, unit, None)
    lead = uow.find(Lead, lead_id)
    assert lead is not None
    return uow.new(WechatContact, account=cmd.account, native_id=cmd.native_id, dealer=dealer_of(lead.unit),
                   customer_id=str(lead.customer_id))  # fmt: skip


def _interest(
    uow: Uow, cmd: ContactAdded, person: Person | None, code: ContactCode | None, unit: str, customer_id: str | None
) -> str:
    brought_by = code.person_id if code is not None else person.id if person is not None else None
    language = person.language if person is not None else "zh"
    return uow.call(CreateLead(
        name="" if customer_id else NAMELESS["en" if language == "en" else "zh"], customer_id=customer_id, unit=unit,
        source="wechat", channel="contacts", campaign=code.campaign if code is not None else "",
        utm={"code": cmd.mark} if cmd.mark else {}, event_time=cmd.at, brought_by=brought_by,
    )).id  # fmt: skip


def look_up(uow: Uow, contact: WechatContact, why: str) -> None:
    """Ask the platform who he is, once for each reason."""
    errand(uow, account=contact.account, kind="contact_detail", key=f"detail:{contact.id}:{why}"[:160],
           subject=f"contact:{contact.id}", native_id=contact.native_id)  # fmt: skip


@handles(ContactEnded)
def contact_ended(cmd: ContactEnded, uow: Uow) -> Result:
    """His rep hears of a customer who left; a colleague who removed one is told to the manager."""
    for contact in contacts_of(uow, cmd.account, cmd.native_id):
        row = follower(uow, contact.id, cmd.userid.lower())
        if row is None or row.left_at is not None or row.since > cmd.at:
            continue
        uow.touch(row, left_at=cmd.at, lost=cmd.by)
        customer = uow.find(Customer, contact.customer_id)
        who = find_person(uow, row.person_id)
        if customer is None:
            continue
        transfers.tell_ended(uow, customer, who, cmd.by, key=f"contact:{row.id}:{row.version}")
        uow.audit("disconnect", "customer", customer.id, by=cmd.by, with_id=row.person_id or "")
    return Result(id="")


@handles(ContactTold)
def contact_told(cmd: ContactTold, uow: Uow) -> Result:
    """His own name replaces the one we made up; phones a colleague wrote down are kept; tags are kept equal."""
    for contact in contacts_of(uow, cmd.account, cmd.native_id):
        customer = uow.seize(Customer, contact.customer_id)
        if customer is None:
            continue
        _named(uow, contact, customer, cmd)
        for told in cmd.followers:
            _told(uow, contact, customer, told)
        uow.touch(contact, read_at=uow.now)
        uow.refresh(f"customer:{customer.id}")
    return Result(id="")


def _named(uow: Uow, contact: WechatContact, customer: Customer, cmd: ContactTold) -> None:
    remark = next((one.remark for one in cmd.followers if one.remark), "")
    name = plain_name(remark or cmd.name)[:120]
    if contact.named or not name or customer.name not in NAMELESS.values():
        return
    uow.call(RenameCustomer(customer_id=customer.id, name=name))
    uow.touch(contact, named=True)
    for lead in uow.rows(select(Lead).where(col(Lead.customer_id) == customer.id)):
        uow.refresh(f"lead:{lead.id}")


def _told(uow: Uow, contact: WechatContact, customer: Customer, told: FollowerTold) -> None:
    person = colleague_of(uow, told.userid, contact.account.removeprefix(PREFIX))
    if person is None or dealer_of(person.unit) != contact.dealer:
        return
    row = follower(uow, contact.id, told.userid.lower())
    if row is None:
        row = uow.new(WechatFollower, contact_id=contact.id, userid=told.userid.lower(), since=uow.now,
                      person_id=person.id, mark=told.mark[:30])  # fmt: skip
    before = set(row.tags)
    uow.touch(row, tags=sorted(told.tags)[:MAX_TAGS], remark_enc=told.remark or None)
    policy = uow.policies.model("contacts", ContactPolicy, unit=contact.dealer)
    gained, gone = ours(policy, set(told.tags) - before), ours(policy, before - set(told.tags))
    tags = [tag for tag in customer.tags if tag not in gone] + sorted(gained - set(customer.tags))
    if tags != list(customer.tags):
        uow.touch(customer, tags=tags)
    for said in told.phones:
        phone = parse_phone(said) if said.strip() else None
        if phone is not None and phone.ok:
            add_phone(uow, customer, phone)


@handles(TagCustomer)
def tag_customer(cmd: TagCustomer, uow: Uow) -> Result:
    """Tags of a customer; what has a counterpart is put on him at the platform by his rep's connection."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    added = tuple(dict.fromkeys(clean for tag in cmd.add if (clean := clean_text(tag)[:30]) and clean not in customer.tags))
    removed = tuple(tag for tag in dict.fromkeys(cmd.remove) if tag in customer.tags)
    if not added and not removed:
        return Result(id=customer.id)
    after = [tag for tag in customer.tags if tag not in removed] + list(added)
    uow.change("tags", "、".join(customer.tags), "、".join(after))
    uow.touch(customer, tags=after[:MAX_TAGS])
    uow.audit("tag", "customer", customer.id, added=len(added), removed=len(removed))
    uow.emit(CustomerTagged(customer_id=customer.id, added=added, removed=removed))
    uow.refresh(f"customer:{customer.id}")
    back = TagCustomer(customer_id=customer.id, add=removed, remove=added)
    return Result(id=customer.id, undo_id=uow.undoable(back, "tags"))


@handles(PersonOfContact)
def person_of_contact(cmd: PersonOfContact, uow: Uow) -> Result:
    """The same customer writes to the service desk: the corp vouches for him. A person is made when he has none."""
    known = contacts_of(uow, cmd.account, cmd.native_id)
    contact = next((one for one in known if one.dealer.startswith(cmd.unit)), None)
    customer = uow.seize(Customer, contact.customer_id) if contact is not None else None
    if customer is None:
        return Result(id="")
    query = select(Person).where(
        col(Person.tenant) == uow.tenant, col(Person.customer_id) == customer.id, col(Person.kind) == "customer",
        col(Person.active),
    )  # fmt: skip
    person = uow.first(query.order_by(col(Person.created_at), col(Person.id)))
    return Result(id=(person or add_login(uow, customer, f"wx-{new_id()}")).id)


