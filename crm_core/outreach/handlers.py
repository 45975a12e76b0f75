"""A colleague's own words to a customer: checked, kept in the record, and on their way, in one step."""

from __future__ import annotations

from crm_core.customers.messages import LogContact
from crm_core.customers.tables import Customer, Record
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Priority, Uow
from crm_core.outreach.messages import SendToCustomer, SentView
from crm_core.outreach.reach import reach_of
from crm_core.quotes.tables import Quote

MAX_WORDS = 1000


@handles(SendToCustomer)
def send_to_customer(cmd: SendToCustomer, uow: Uow) -> Result:
    """A contact like any other: it is in the history, and ends what waited for one. It cannot be taken back."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    if not uow.actor.is_staff:
        raise NotFound(resource="customer")
    text = clean_text(cmd.text)
    if not text:
        raise Invalid("text", "error.empty")
    if len(text) > MAX_WORDS:
        raise Invalid("text", "error.too_long", limit=MAX_WORDS)
    _check_quote(cmd, customer, uow)
    _check_picture(cmd, uow)
    person, reach = reach_of(uow, customer)
    if person is None:
        raise Refused(f"error.reach_{reach.problem}", name=customer.name)
    uow.change("text", None, text)
    record_id = _kept(cmd, text, uow)
    uow.push(person.id, "adviser_message", key=f"adviser:{record_id}", priority=Priority.MUST_KNOW, text=text,
             image=cmd.image_id, by=uow.actor.name, writer=uow.actor.id, customer=customer.id)  # fmt: skip
    uow.audit("send", "customer", customer.id, record=record_id, quote=cmd.quote_id)
    view = SentView(customer_id=customer.id, customer_name=customer.name, channel=reach.channel, waits=reach.waits)
    return Result(id=record_id, view=view)


def _kept(cmd: SendToCustomer, text: str, uow: Uow) -> str:
    """The record of it; a picture in a customer's record is one he may see."""
    logged = uow.call(LogContact(customer_id=cmd.customer_id, text=text, kind="message"))
    record = uow.find(Record, logged.id)
    if record is not None and cmd.image_id:
        record.image_id = cmd.image_id
    return logged.id


def _check_picture(cmd: SendToCustomer, uow: Uow) -> None:
    """Only one the actor made or sent himself."""
    blob = uow.session.get(Blob, cmd.image_id) if cmd.image_id else None
    if cmd.image_id and (blob is None or blob.tenant != uow.tenant or blob.person_id != uow.actor.id):
        raise NotFound(resource="image")


def _check_quote(cmd: SendToCustomer, customer: Customer, uow: Uow) -> None:
    """This customer's, as it was shown, and still good."""
    if not cmd.quote_id:
        return
    quote = uow.get(Quote, cmd.quote_id, "quote", "write")
    if quote.customer_id != customer.id:
        raise NotFound(resource="quote")
    if quote.state != "valid" or (cmd.version is not None and quote.version != cmd.version):
        raise Conflict("error.quote_replaced")
    if quote.valid_until is not None and quote.valid_until <= uow.now:
        raise Refused("error.quote_over")
