"""Who acts: a person or a job with what he holds at this moment. Plain values; nothing here decides anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """How far a rule reaches: from oneself to the whole group, and to what somebody else opened.

    `shared` is what a colleague shared, `assigned` what a job of the actor's is about, `purpose` the same for roles
    that need a reason: each record read so is noted in the audit.
    """

    SELF = "self"
    OWN = "own"
    TEAM = "team"
    DEALER = "dealer"
    REGION = "region"
    GROUP = "group"
    SHARED = "shared"
    ASSIGNED = "assigned"
    PURPOSE = "purpose"


# Scopes that a task or an appointment in the actor's hands opens.
BY_DUTY = frozenset({Scope.ASSIGNED, Scope.PURPOSE})


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in a unit; the unit path ends with a dot."""

    role: str
    unit: str


@dataclass(frozen=True, slots=True)
class Delegator:
    """A colleague on leave, with the grants he holds himself: whoever stands in for him has no more."""

    id: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """A record a colleague shared: `kind` customer or deal, `level` read or write, and the customer it is about."""

    kind: str
    record_id: str
    customer_id: str
    level: str = "read"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `customer_id` is set for customers, `grants` for everybody else.

    `delegators` are the colleagues on leave whose own records he looks after meanwhile, `shared` what others shared
    with him, `duties` the ids of customers whom a job that was given to him is about.
    """

    id: str
    tenant: str
    kind: str
    name: str = ""
    unit: str = ""
    grants: tuple[Grant, ...] = ()
    customer_id: str | None = None
    language: str = "zh"
    zone: str = "Asia/Shanghai"
    code: str = ""
    delegators: tuple[Delegator, ...] = ()
    shared: tuple[Shared, ...] = ()
    duties: tuple[str, ...] = ()

    @property
    def stands_for(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.delegators)

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(grant.role for grant in self.grants))

    @property
    def role(self) -> str:
        """The role this person is addressed as; managers before reps."""
        for role in ("manager", "admin"):
            if role in self.roles:
                return role
        return self.roles[0] if self.roles else "visitor"

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in the tree, to ask about what is not there yet."""

    tenant: str
    unit: str
    owner_id: str | None = None
    customer_id: str | None = None
