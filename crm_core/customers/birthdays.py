"""A customer's birthday: the day in clear, because it must be searched, the year sealed."""

from __future__ import annotations

from crm_core.customers.messages import BirthdayChanged, SetBirthday
from crm_core.customers.rules import parse_birthday
from crm_core.customers.tables import Customer
from crm_core.kernel.errors import Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow


@handles(SetBirthday)
def set_birthday(cmd: SetBirthday, uow: Uow) -> Result:
    """Month and day are kept in clear, because they must be searched; the year is sealed."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    before, back = birthday_text(customer), _birthday_now(customer, uow)
    if not cmd.clear:
        keep_birthday(customer, cmd.birthday, cmd.lunar, uow, leap=cmd.lunar and cmd.leap)
    else:
        uow.touch(customer, birth_month=None, birth_day=None, lunar=False, lunar_leap=False, birth_year_enc=None)
    if back == _birthday_now(customer, uow):
        return Result(id=customer.id)
    uow.change("birthday", before, birthday_text(customer))
    uow.audit("write", "customer", customer.id, birthday="set")
    uow.emit(BirthdayChanged(customer_id=customer.id))
    uow.refresh(f"customer:{customer.id}")
    return Result(id=customer.id, undo_id=uow.undoable(back, "birthday"))


def _birthday_now(customer: Customer, uow: Uow) -> SetBirthday:
    """What sets the birthday as it is now, with the year when it is known."""
    year = uow.reveal(customer, "birth_year") if customer.birth_year_enc else ""
    day = f"{customer.birth_month:02d}-{customer.birth_day:02d}" if customer.birth_month and customer.birth_day else ""
    return SetBirthday(customer_id=customer.id, birthday=f"{year}-{day}" if year and day else day,
                       lunar=customer.lunar, leap=customer.lunar_leap, clear=not day)  # fmt: skip


def keep_birthday(customer: Customer, text: str, lunar: bool, uow: Uow, *, leap: bool = False) -> bool:
    """A year that is not said keeps the one that is known, when the day is the same."""
    parsed = parse_birthday(text)
    if parsed is None:
        raise Invalid("birthday", "error.not_a_date", value=text)
    year, month, day = parsed
    now = (customer.birth_month, customer.birth_day, customer.lunar, customer.lunar_leap)
    same = now == (month, day, lunar, leap)
    if same and year is None:
        return False
    if same and customer.birth_year_enc and uow.reveal(customer, "birth_year") == str(year):
        return False
    uow.touch(customer, birth_month=month, birth_day=day, lunar=lunar, lunar_leap=leap,
              birth_year_enc=str(year) if year else None)  # fmt: skip
    return True


def birthday_text(customer: Customer) -> str:
    """`05-20`, with 农历 before a lunar one (农历闰 of a leap month); empty when unknown."""
    if not customer.birth_month or not customer.birth_day:
        return ""
    calendar = "农历闰" if customer.lunar_leap else "农历" if customer.lunar else ""
    return f"{calendar}{customer.birth_month:02d}-{customer.birth_day:02d}"
