"""The colleagues who serve at a desk, by the userids of its corp."""

from __future__ import annotations

from crm_core.channels.corps import colleague_of, vouches
from crm_core.kernel.uow import Reader
from crm_core.org.tables import Person
from crm_core.servicedesk.tables import ServiceSession


def servicer_of(reader: Reader, row: ServiceSession) -> Person | None:
    """Who serves this customer, or did so last, also when he has left since."""
    return colleague_of(reader, row.servicer, _corp(row), left=True)


def servicer_name(reader: Reader, row: ServiceSession) -> str:
    """His name; empty while nobody serves, or when the platform names somebody nobody knows here."""
    found = servicer_of(reader, row)
    return found.name if found is not None else ""


def userid_of(reader: Reader, row: ServiceSession, person: Person | None) -> str:
    """The userid of a colleague in the desk's corp; empty when he is of another."""
    return person.wecom_userid if person is not None and vouches(reader, _corp(row), person.unit) else ""


def _corp(row: ServiceSession) -> str:
    """The account is `kf:CORP`."""
    return row.account.partition(":")[2]
