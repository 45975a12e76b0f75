"""Who may what: roles given and ended, records shared and taken back, and why somebody may see a record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.kernel.registry import Command, Question, View

Kind = Literal["customer", "deal"]
Level = Literal["read", "write"]


class ShareRecord(Command):
    """Share a customer (with all that is about him) or a deal with a colleague of the same dealer.

    `level` read shows it, write lets him work on it; without `until` until it is taken back. The same again changes
    level and end.
    """

    kind: Kind
    record_id: str
    grantee_id: str
    level: Level = "read"
    until: datetime | None = None


class EndShare(Command):
    """Take a share back; also for whoever it was shared with. `version`: only as the actor saw it."""

    share_id: str
    version: int | None = None


class ChangeGrants(Command):
    """Give roles (or profiles, which are bundles of them) in a unit, and end roles held there.

    `unit` is the person's own without one, the group for what holds in the whole group. What reaches beyond one
    dealer, and what an admin gives himself, becomes a request that a second person decides.
    """

    person_id: str
    give: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    unit: str = ""
    valid_from: datetime | None = None
    until: datetime | None = None


class HeldRole(View):
    """A role as it is held: until when, and by whose hand."""

    role: str
    unit: str
    unit_name: str = ""
    valid_from: datetime | None = None
    until: datetime | None = None
    by_name: str = ""


class RestoreGrants(Command):
    """Undo of a change: the person holds again what he held before, as far as nobody changed it since."""

    person_id: str
    held: tuple[HeldRole, ...]
    instead_of: tuple[HeldRole, ...]


class DecideGrants(Command):
    """The second person's word on a request, once, under today's rights of both."""

    request_id: str
    decision: Literal["approve", "reject"]


class WithdrawGrants(Command):
    """The asker takes his request back while it is undecided."""

    request_id: str


class ShareView(View):
    """A share as those it concerns see it."""

    id: str
    kind: str
    record_id: str
    title: str
    grantee_id: str
    grantee_name: str
    level: str
    until: datetime | None
    by_name: str
    version: int
    may_end: bool = False


class GrantsView(View):
    """What a colleague holds now and from a later day on; `request_id` when a change waits for a second person."""

    person_id: str
    name: str
    held: tuple[HeldRole, ...]
    request_id: str = ""


class GrantRequestView(View):
    """A change of rights that a second person decides. States: pending, done, rejected, withdrawn, expired."""

    id: str
    state: str
    person_id: str
    name: str
    before: tuple[HeldRole, ...]
    after: tuple[HeldRole, ...]
    asker_name: str
    decider_name: str
    may_decide: bool
    may_withdraw: bool


class AccessView(View):
    """Why somebody may do something with a record, or that nothing allows it.

    `scope` and `role` name the rule, `unit_name` where the role is held; `by_name` is who shared it or for whom he
    stands in, `until` when that ends.
    """

    name: str
    action: str
    title: str
    allowed: bool
    role: str = ""
    scope: str = ""
    unit_name: str = ""
    by_name: str = ""
    until: datetime | None = None
    roles: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


class SharesOf(Question):
    """With whom a record is shared, for who may share it: list[ShareView]."""

    kind: Kind
    record_id: str


class SharedWithMe(Question):
    """What colleagues share with the actor, newest first: list[ShareView]."""


class GrantsOf(Question):
    """What a colleague holds, for himself and whoever may read it: GrantsView."""

    person_id: str


class GrantRequestCard(Question):
    """One request, for those it concerns and who may decide it: GrantRequestView."""

    request_id: str


class ExplainAccess(Question):
    """Why `person_id` may or may not do `action` with a record (`customer`, `deal` ... and its id): AccessView.

    For oneself only about what one may see; about others for admins.
    """

    person_id: str
    kind: str
    record_id: str
    action: str = "read"


class FoundRecord(View):
    """A record that fits the words."""

    kind: str
    record_id: str
    title: str


class FindRecord(Question):
    """Records with this id (also `kind:id`), short reference or customer's name: list[FoundRecord]."""

    words: str
    limit: int = 5
