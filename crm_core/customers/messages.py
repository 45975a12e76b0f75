"""Customers, their contact points, and what was said with them. The public vocabulary."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from crm_core.kernel.registry import Command, Event, Question, View


class AddCustomer(Command):
    """Create a customer, or find the one with this phone in the de-duplication scope (`privacy.yaml`).

    `price_class` is what he pays for parts (`fitment.yaml`); only who may import may say it.
    """

    name: str
    phones: tuple[str, ...] = ()
    unit: str = ""
    owner_id: str | None = None
    code: str = ""
    city: str = ""
    company: str = ""
    email: str = ""
    language: str = "zh"
    level: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    birthday: str = ""
    lunar_birthday: bool = False
    consent_marketing: bool = False
    login: str = ""
    price_class: str = ""


class RenameCustomer(Command):
    """Correct the name people use."""

    customer_id: str
    name: str
    version: int | None = None


class CorrectPhone(Command):
    """Put a customer's number right, in any spelling; an empty one only takes `instead` away.

    `instead` names the number that was wrong. Without it the customer's only number goes; of several none does,
    and the new one is kept beside them.
    """

    customer_id: str
    phone: str = Field(max_length=60)
    instead: str | None = Field(default=None, max_length=60)


class MergeCustomers(Command):
    """Two records that are one person become one: `gone_id` and all that hangs on it goes over to `keep_id`."""

    keep_id: str
    gone_id: str


class SplitCustomers(Command):
    """They are two after all; the inverse of MergeCustomers, for a day."""

    merge_id: str


class CustomersMerged(Event):
    """`gone_id` is no more; its follow-ups, timers and cards are those of `kept_id`, who took over `filled`."""

    kept_id: str
    gone_id: str
    filled: tuple[str, ...] = ()


class CustomersSplit(Event):
    """They are two again, as they were at `merged_at`."""

    kept_id: str
    gone_id: str
    merged_at: datetime


class AddNote(Command):
    """Write something down about a customer, or for oneself when no customer is given."""

    text: str
    customer_id: str | None = None


class KeepPhoto(Command):
    """A picture the actor sent belongs to a customer's record, or to the customer's own."""

    customer_id: str
    image_id: str
    text: str = ""


class LogContact(Command):
    """Record that somebody spoke with the customer. `kind`: call, visit, chat, message, other."""

    customer_id: str
    text: str = ""
    kind: str = "call"
    outcome: str = ""
    at: datetime | None = None


class RemoveRecord(Command):
    """Take a note or contact record back; the inverse of AddNote and LogContact."""

    record_id: str


class SetConsent(Command):
    """The customer agrees, or no longer agrees, to marketing messages."""

    customer_id: str
    purpose: str = "marketing"
    granted: bool = True
    channel: str = "chat"


class SetBirthday(Command):
    """`MM-DD` or `YYYY-MM-DD`; lunar when said so, `leap` when born in a leap month. `clear`: it is not known."""

    customer_id: str
    birthday: str = ""
    clear: bool = False
    lunar: bool = False
    leap: bool = False


class MarkDecisionMaker(Command):
    """This customer decides (or not): decision makers are spoken with more often."""

    customer_id: str
    decides: bool = True


class CustomerAdded(Event):
    customer_id: str


class ContactLogged(Event):
    """A contact took place; cadences waiting for it end."""

    record_id: str
    customer_id: str
    kind: str
    at: datetime


class RecordRemoved(Event):
    """A note or contact was taken back: nothing follows from it."""

    record_id: str
    customer_id: str | None
    kind: str


class DecisionMakerMarked(Event):
    customer_id: str
    decides: bool


class BirthdayChanged(Event):
    """Another day than was known before."""

    customer_id: str


class ConsentChanged(Event):
    """Somebody agreed, or agrees no longer; `by_id` is whoever said so."""

    customer_id: str
    purpose: str
    granted: bool
    by_id: str


class RecordView(View):
    """A note or contact: `ref` is what an answer cites."""

    id: str
    ref: str
    customer_id: str | None
    kind: str
    at: datetime
    by_name: str
    text: str
    outcome: str = ""
    image_id: str = ""


class CustomerLine(View):
    """A customer in a list of candidates. `guessed`: his name is spelt otherwise than was said."""

    id: str
    name: str
    phone_tail: str
    vehicle: str
    owner_name: str
    last_touch: datetime | None
    score: float = 0.0
    guessed: bool = False


class CustomerView(View):
    """A customer as this actor may see him; hidden fields are empty, masked ones masked.

    `masked`: he may have the numbers shown in full by saying why (`RevealContact`).
    """

    id: str
    name: str
    phones: tuple[str, ...]
    city: str
    company: str
    level: str
    source: str
    tags: tuple[str, ...]
    birthday: str
    consent_marketing: bool
    owner_id: str | None
    owner_name: str
    cars: tuple[str, ...]
    open_deals: tuple[str, ...]
    last_touch: datetime | None
    version: int
    decision_maker: bool = False
    masked: bool = False


class FindCustomers(Question):
    """Visible customers whose name, phone or plate fits the words, best first: list[CustomerLine].

    A name may be written in other characters of its sound, in pinyin, with sounds that are easily confused, with one
    slip, or as initials; `near=False` leaves out the last three.
    """

    words: str
    focus_id: str | None = None
    vehicle: str = ""
    limit: int = 6
    near: bool = True


class CustomerCard(Question):
    """One customer: CustomerView."""

    customer_id: str


class CustomerHistory(Question):
    """Everything recorded about a customer that the actor may see, newest first: list[RecordView].

    Kinds: call, visit, chat, note, lead, test_drive, quote, order, service, stage, task.
    """

    customer_id: str
    kinds: tuple[str, ...] = ()
    limit: int = 50
