"""What a change of rights comes to, and when one person's word is not enough. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crm_core.rights.messages import ChangeGrants, HeldRole

# A path of so many parts is a dealer; a shorter one reaches beyond it.
DEALER_PARTS = 3


def needs_second(actor_id: str, cmd: ChangeGrants) -> bool:
    """Whether a second person must say yes: rights beyond one dealer, and rights somebody gives himself."""
    wide = "group_admin" in cmd.give or cmd.unit.count(".") < DEALER_PARTS
    return bool(cmd.give) and (wide or cmd.person_id == actor_id)


def after_change(before: Iterable[HeldRole], cmd: ChangeGrants, now: datetime) -> tuple[HeldRole, ...]:
    """What he holds afterwards: without the ended roles (wherever held), with the given ones in `cmd.unit`."""
    given = {(role, cmd.unit) for role in cmd.give}
    kept = [one for one in before if one.role not in cmd.end and (one.role, one.unit) not in given]
    start = cmd.valid_from if cmd.valid_from is not None and cmd.valid_from > now else None
    new = [HeldRole(role=role, unit=cmd.unit, valid_from=start, until=cmd.until) for role in cmd.give]
    held = {(one.role, one.unit): one for one in before}
    # A role he holds without an end is not cut short by giving it once more without one.
    new = [held[one.role, one.unit] if _same(held.get((one.role, one.unit)), one) else one for one in new]
    return tuple(sorted((*kept, *new), key=lambda one: (one.unit, one.role)))


def _same(known: HeldRole | None, new: HeldRole) -> bool:
    return (
        known is not None
        and known.until == new.until
        and (new.valid_from is None and known.valid_from is None)
    )


def shown(held: Iterable[HeldRole]) -> list[dict[str, str]]:
    """Roles as the values of a before → after line."""
    return [
        {"role": one.role, "unit": one.unit_name, "until": one.until.isoformat() if one.until else "",
         "since": one.valid_from.isoformat() if one.valid_from else ""}
        for one in held
    ]  # fmt: skip
