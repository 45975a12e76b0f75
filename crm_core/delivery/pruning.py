"""What of messages, timers, buttons and keys may go, and when."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_core.channels.tables import ResponseCode
from crm_core.chat.tables import Action, ChatMessage, Invite
from crm_core.delivery.messages import Prune, PrunedView
from crm_core.delivery.rules import RetentionPolicy
from crm_core.kernel.deliveries import DEAD, FOLDED, MOVED, SENT, SKIPPED, UNCERTAIN
from crm_core.kernel.errors import Refused
from crm_core.kernel.pruning import Pruned, delete_some, pruned, prunes
from crm_core.kernel.registry import Result, handles, routine
from crm_core.kernel.routines import NIGHTLY
from crm_core.kernel.tables import Attempt, Bucket, Executed, Inbox, Meta, Outbox, Timer, Undo
from crm_core.kernel.uow import Uow

FIRED, CANCELLED = 1, 2
DONE, GIVEN_UP = 2, 3


@handles(Prune)
def prune(cmd: Prune, uow: Uow) -> Result:
    """Only for the deployment itself. A part of each kind; its view says whether there is more. Raises Refused."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    policy = uow.policies.model("retention", RetentionPolicy, unit=f"{uow.tenant}.")
    gone: dict[str, int] = {}
    more = False
    for rule in pruned:
        count = delete_some(uow.session, rule, uow.tenant, uow.now - getattr(policy, rule.keep), cmd.at_most)
        gone[rule.keep] = gone.get(rule.keep, 0) + count
        more = more or count == cmd.at_most
    return Result(id=str(sum(gone.values())), view=PrunedView(counts=gone, more=more))


def _newer_timer() -> Any:
    """Another timer of the same record that came later."""
    other = cast(Any, aliased(Timer))
    newer = select(other.id).where(other.subject == col(Timer.subject), other.id > col(Timer.id))
    return or_(col(Timer.subject) == "", newer.exists())


_OVER = col(Timer.state).in_((FIRED, CANCELLED))
# Of what did not arrive nothing goes that somebody may still resend; an edit of a card is no message of its own.
_SETTLED = or_(
    col(Outbox.state).in_((SENT, SKIPPED, FOLDED, MOVED)),
    (col(Outbox.kind) == "@refresh") & col(Outbox.state).in_((DEAD, UNCERTAIN)),
)
prunes(
    Pruned("messages", Outbox, func.coalesce(col(Outbox.settled_at), col(Outbox.created_at)), lambda before: (_SETTLED,),
           came=col(Outbox.created_at), parts=(col(Attempt.outbox_id),)),
    Pruned("arrivals", Inbox, col(Inbox.done_at), lambda before: (col(Inbox.state).in_((DONE, GIVEN_UP)),),
           came=col(Inbox.received_at)),
    Pruned("timers", Timer, col(Timer.done_at), lambda before: (_OVER, _newer_timer()), came=col(Timer.created_at)),
    Pruned("last_timers", Timer, col(Timer.done_at), lambda before: (_OVER,), came=col(Timer.created_at)),
    Pruned("buttons", Action, col(Action.expires_at)),
    Pruned("commands", Executed, col(Executed.at),
           of=lambda tenant: col(Executed.id).startswith(f"{tenant}:", autoescape=True)),
    Pruned("undo", Undo, col(Undo.expires_at)),
    Pruned("invites", Invite, col(Invite.expires_at)),
    Pruned("invites", Invite, col(Invite.used_at), lambda before: (col(Invite.reusable).is_(False),)),
    Pruned("sign_outs", Meta, col(Meta.updated_at),
           lambda before: (col(Meta.id).startswith("signed_out:", autoescape=True),)),
    Pruned("codes", ResponseCode, col(ResponseCode.issued_at)),
    Pruned("limits", Bucket, col(Bucket.at),
           lambda before: (or_(col(Bucket.blocked_until).is_(None), col(Bucket.blocked_until) < before),)),
    Pruned("chats", ChatMessage, col(ChatMessage.at), came=col(ChatMessage.at)),
)  # fmt: skip
routine(NIGHTLY, Prune)
