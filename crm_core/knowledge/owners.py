"""Who looks after the knowledge base of a unit."""

from __future__ import annotations

from crm_core.kernel.reader import Reader
from crm_core.org.people import holders
from crm_core.org.tables import Person


def owners(reader: Reader, unit: str) -> list[Person]:
    """Colleagues whose role may publish there, on duty before those who are away, the nearest unit first."""
    roles = sorted({role for role, resource, action in reader.access.rules if (resource, action) == ("document", "write")})
    people = [one for role in roles if role != "job" for one in holders(reader, role, unit)]
    on_duty = {one.id for role in roles if role != "job" for one in holders(reader, role, unit, on_duty=True)}
    shared = sorted(people, key=lambda one: (one.id not in on_duty, -len(one.unit)))
    return list({one.id: one for one in shared}.values())
