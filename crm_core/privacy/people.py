"""Who may ask for what, and who is the second person."""

from __future__ import annotations

from crm_core.kernel.access import Place
from crm_core.kernel.uow import Reader
from crm_core.org.people import away, find_person, holders
from crm_core.org.tables import Person
from crm_core.privacy.tables import PrivacyRequest
from crm_core.rights.actors import load_actor

ROLES = ("admin", "manager", "group_admin")


def may_decide(reader: Reader, row: PrivacyRequest, person_id: str) -> bool:
    """Whether somebody may agree: another person than the asker, responsible there."""
    if person_id == row.asker_id:
        return False
    actor = load_actor(reader.session, person_id, reader.now, reader.tenant)
    return actor is not None and reader.access.allows(actor, "customer", "agree", Place(row.tenant, row.unit))


def second(reader: Reader, row: PrivacyRequest) -> Person | None:
    """The nearest who may agree and is here, else one who is away; None: nobody."""
    found: list[Person] = []
    for role in ROLES:
        found += [one for one in holders(reader, role, row.unit) if one not in found]
    fitting = [one for one in found if may_decide(reader, row, one.id)]
    gone = away(reader, fitting)
    return next((one for one in fitting if one.id not in gone), None) or next(iter(fitting), None)


def watchers(reader: Reader, unit: str) -> list[str]:
    """Who hears that something about other people's data is not as it should be: managers and admins there."""
    people = [one for role in ("manager", "admin") for one in holders(reader, role, unit)]
    return list(dict.fromkeys(one.id for one in people if one.id != reader.actor.id and find_person(reader, one.id)))
