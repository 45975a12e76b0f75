"""One colleague's customers and open work go to another: asked by one person, confirmed by a second."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.absences.messages import WorkLine
from crm_core.kernel.registry import Command, Event, Question, View

Decision = Literal["approve", "reject"]


class HandOver(Command):
    """Ask that all of `from_id`'s work goes to `to_id`. Nothing moves before another person confirms.

    `leaving`: he is gone for good and may do nothing any more once it is confirmed.
    """

    from_id: str
    to_id: str
    reason: str = ""
    leaving: bool = False


class DecideHandOver(Command):
    """The second person's word, once. Rights and people are looked at again."""

    handover_id: str
    decision: Decision


class WithdrawHandOver(Command):
    """The asker takes his request back while it is undecided."""

    handover_id: str


class ReturnHandOver(Command):
    """Within a day: what nobody has worked on since goes back. For the asker or who confirmed it."""

    handover_id: str


class LeaverReplaced(Event):
    """Somebody is gone for good, and all his work went to a colleague."""

    person_id: str
    to_id: str


class HandoverView(View):
    """A hand-over. `counts` says per kind of record how many go, or went; `urgent` is what the new owner does first.

    States: pending, done, rejected, withdrawn, expired, returned.
    """

    id: str
    state: str
    from_id: str
    from_name: str
    to_id: str
    to_name: str
    asker_id: str
    asker_name: str
    confirmer_name: str
    decider_name: str
    reason: str
    leaving: bool
    counts: dict[str, int]
    urgent: tuple[WorkLine, ...]
    may_decide: bool
    may_withdraw: bool
    may_return: bool
    created_at: datetime
    back: int = 0


class HandoverCard(Question):
    """One hand-over, for those it concerns and who may confirm it: HandoverView."""

    handover_id: str


class PendingHandovers(Question):
    """What waits for this actor's word, oldest first: list[HandoverView]."""
