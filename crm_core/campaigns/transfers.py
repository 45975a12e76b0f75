"""A customer's WeChat goes where he went here: asked of the platform, looked after for a day, told when it does not."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_core.campaigns.lookup import PREFIX, contacts_of, contacts_of_customer, follower, followers_of
from crm_core.campaigns.messages import TransferOutcome, TransferRefused, TransfersTold
from crm_core.campaigns.rules import ContactPolicy
from crm_core.campaigns.tables import ContactTransfer, WechatContact, WechatFollower
from crm_core.channels.corps import vouches
from crm_core.channels.tables import ChannelAccount
from crm_core.customers.tables import Customer
from crm_core.deals.messages import OwnerChanged
from crm_core.errands.queue import errand
from crm_core.handovers.messages import LeaverReplaced
from crm_core.kernel.registry import Result, handles, reacts
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import find_person, manager_of
from crm_core.org.tables import Person

# The platform asks the customer for a day; then it tells what became of it.
FIRST_LOOK = timedelta(hours=25)
UNDER_WAY = ("asked", "waiting")
AFTER_KNOWN = timedelta(hours=1)


@reacts(OwnerChanged)
def follow_owner(event: OwnerChanged, uow: Uow) -> None:
    """Another colleague has the customer: his WeChat is to go there, too."""
    customer = uow.find(Customer, event.customer_id)
    if customer is not None:
        for contact in contacts_of_customer(uow, customer.id):
            align(uow, contact, customer, event.before_id)


@reacts(LeaverReplaced)
def leaver_replaced(event: LeaverReplaced, uow: Uow) -> None:
    """What the platform keeps of him beside the customers known here goes to the same colleague: those nobody here
    knows, and his groups. A little later, when the known ones have been asked for.
    """
    person, heir = find_person(uow, event.person_id), find_person(uow, event.to_id)
    if person is None or heir is None or not (person.wecom_userid and heir.wecom_userid):
        return
    query = select(ChannelAccount).where(
        col(ChannelAccount.tenant) == uow.tenant, col(ChannelAccount.channel) == "contacts", col(ChannelAccount.active)
    )
    for account in uow.rows(query):
        if vouches(uow, account.account, person.unit) and vouches(uow, account.account, heir.unit):
            errand(uow, account=f"{PREFIX}{account.account}", kind="leaver", due_at=uow.now + AFTER_KNOWN,
                   key=f"leaver:{account.account}:{person.id}:{uow.now.isoformat()}"[:160],
                   from_userid=person.wecom_userid.lower(), to_userid=heir.wecom_userid.lower())  # fmt: skip


def align(uow: Uow, contact: WechatContact, customer: Customer, before_id: str | None) -> None:
    """Ask for a transfer when the owner is not connected with this contact and a colleague is.

    What is under way already is waited for, and looked at again when it has ended.
    """
    owner = find_person(uow, customer.owner_id)
    waiting = _under_way(uow, contact.id)
    if waiting is not None and waiting.state == "asked":
        uow.touch(waiting, state="dropped", ended_at=uow.now)
    elif waiting is not None:
        return
    connected = followers_of(uow, contact.id)
    if owner is None or not owner.wecom_userid or not vouches(uow, contact.account.removeprefix(PREFIX), owner.unit):
        return
    if any(one.userid == owner.wecom_userid.lower() for one in connected):
        return
    source = next((one for one in connected if one.person_id == before_id), None) or next(iter(connected), None)
    if source is not None and source.person_id:
        _ask(uow, contact, customer, source, owner)


def _ask(uow: Uow, contact: WechatContact, customer: Customer, source: WechatFollower, owner: Person) -> None:
    to_userid = owner.wecom_userid.lower()
    uow.new(ContactTransfer, account=contact.account, contact_id=contact.id, customer_id=customer.id,
            native_id=contact.native_id, from_id=source.person_id, to_id=owner.id,
            from_userid=source.userid, to_userid=to_userid)  # fmt: skip
    policy = uow.policies.model("contacts", ContactPolicy, unit=contact.dealer)
    # One errand for all of a hand-over.
    errand(uow, account=contact.account, kind="transfer", subject=f"transfer:{source.userid}:{to_userid}"[:120],
           key=f"transfer:{source.userid}:{to_userid}:{uow.now.isoformat()}"[:160], from_userid=source.userid,
           to_userid=to_userid, said=policy.transfer_message.of(owner.language))  # fmt: skip


def _under_way(uow: Uow, contact_id: str) -> ContactTransfer | None:
    query = select(ContactTransfer).where(
        col(ContactTransfer.contact_id) == contact_id, col(ContactTransfer.state).in_(UNDER_WAY)
    )
    return uow.first(query)


@handles(TransfersTold)
def transfers_told(cmd: TransfersTold, uow: Uow) -> Result:
    """Each contact by what the platform said; those that wait are looked after once a day has passed."""
    waits = False
    told = {one.native_id: one for one in cmd.outcomes}
    query = select(ContactTransfer).where(
        col(ContactTransfer.tenant) == uow.tenant, col(ContactTransfer.account) == cmd.account,
        col(ContactTransfer.from_userid) == cmd.from_userid, col(ContactTransfer.to_userid) == cmd.to_userid,
        col(ContactTransfer.state).in_(UNDER_WAY), col(ContactTransfer.native_id).in_(sorted(told)),
    )  # fmt: skip
    for row in uow.rows(query):
        waits |= _settle(uow, row, told[row.native_id])
    if waits:
        errand(uow, account=cmd.account, kind="transfer_result", due_at=uow.now + FIRST_LOOK,
               key=f"transfer_result:{cmd.from_userid}:{cmd.to_userid}:{uow.now.isoformat()}"[:160],
               from_userid=cmd.from_userid, to_userid=cmd.to_userid)  # fmt: skip
    return Result(id="")


def _settle(uow: Uow, row: ContactTransfer, told: TransferOutcome) -> bool:
    """Write an outcome; whether somebody has to look again for the first time."""
    if told.outcome == "waiting":
        first = row.state == "asked"
        if first:
            uow.touch(row, state="waiting", asked_at=uow.now)
        return first
    uow.touch(row, state=told.outcome, ended_at=uow.now, error=told.error[:60])
    if told.outcome == "done":
        _moved(uow, row)
    else:
        _failed(uow, row)
    return False


def _moved(uow: Uow, row: ContactTransfer) -> None:
    """The new colleague is connected now; if the customer has another owner by now, on to him."""
    old = follower(uow, row.contact_id, row.from_userid)
    if old is not None and old.left_at is None:
        uow.touch(old, left_at=uow.now, lost="moved")
    new = follower(uow, row.contact_id, row.to_userid)
    if new is None:
        uow.new(WechatFollower, contact_id=row.contact_id, userid=row.to_userid, person_id=row.to_id, since=uow.now)
    else:
        uow.touch(new, left_at=None, lost="", since=uow.now)
    uow.flush()
    contact, customer = uow.find(WechatContact, row.contact_id), uow.find(Customer, row.customer_id)
    if contact is not None and customer is not None and customer.owner_id != row.to_id:
        align(uow, contact, customer, row.to_id)


def _failed(uow: Uow, row: ContactTransfer) -> None:
    """The new owner, and whoever is responsible, hear why; they decide whether the customer goes back."""
    customer = uow.find(Customer, row.customer_id)
    unit = customer.unit if customer is not None else f"{uow.tenant}."
    manager = manager_of(uow, unit)
    for person_id in dict.fromkeys((row.to_id, manager.id if manager else None)):
        uow.push(person_id, "contact_stays", subject=f"transfer:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"transfer:{row.id}:{row.state}")  # fmt: skip
    uow.audit("transfer_failed", "customer", row.customer_id, state=row.state, error=row.error)


@handles(TransferRefused)
def transfer_refused(cmd: TransferRefused, uow: Uow) -> Result:
    """The platform tells of it before we looked."""
    for contact in contacts_of(uow, cmd.account, cmd.native_id):
        row = _under_way(uow, contact.id)
        if row is not None and row.to_userid == cmd.to_userid.lower():
            _settle(uow, row, TransferOutcome(native_id=cmd.native_id, outcome=cmd.outcome))
    return Result(id="")


def tell_ended(uow: Uow, customer: Customer, who: Person | None, by: str, *, key: str) -> None:
    """A connection ended: told to the customer's rep, and what a colleague ended to his manager."""
    name = who.name if who is not None else ""
    if by == "customer":
        uow.push(customer.owner_id, "contact_left", subject=f"customer:{customer.id}", key=key,
                 priority=Priority.MUST_KNOW, name=customer.name, colleague=name)  # fmt: skip
        return
    manager = manager_of(uow, customer.unit, exclude=(who.id,) if who else ())
    uow.push(manager.id if manager else None, "contact_removed", subject=f"customer:{customer.id}", key=key,
             priority=Priority.MUST_KNOW, name=customer.name, colleague=name)  # fmt: skip
