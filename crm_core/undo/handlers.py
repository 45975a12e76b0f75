"""Runs the inverse of an earlier command, as the same actor and under today's rules."""

from __future__ import annotations

from sqlalchemy import desc, select, update
from sqlmodel import col

from crm_core.kernel.errors import Conflict, Expired
from crm_core.kernel.registry import Result, commands_by_name, handles
from crm_core.kernel.tables import Undo
from crm_core.kernel.uow import Uow
from crm_core.undo.messages import Correct, UndoLast, UndoneView


@handles(UndoLast)
def undo_last(cmd: UndoLast, uow: Uow) -> Result:
    """Raises Expired when there is nothing (left) to take back, Conflict when the record moved on."""
    undo = _find(cmd.undo_id, uow)
    _use_once(undo, uow)
    inverse = commands_by_name[undo.command].model_validate_json(uow.cipher.get(undo, "inverse"))
    uow.taking_back = True
    done = uow.call(inverse)
    uow.audit("undo", "undo", undo.id, command=undo.command)
    return Result(id=undo.id, view=UndoneView(label=undo.label, command=undo.command), changes=done.changes)


@handles(Correct)
def correct(cmd: Correct, uow: Uow) -> Result:
    """Raises what taking back and the other command raise; nothing has changed then.

    Its own undo leads back to before the first write.
    """
    uow.call(UndoLast(undo_id=cmd.undo_id))
    uow.settle()
    uow.taking_back = False
    return uow.call(cmd.command())


def _find(undo_id: str | None, uow: Uow) -> Undo:
    wanted = col(Undo.id) == undo_id if undo_id else col(Undo.used_at).is_(None)
    own = select(Undo).where(col(Undo.tenant) == uow.tenant, col(Undo.actor_id) == uow.actor.id, wanted)
    newest = own.order_by(desc(col(Undo.created_at)), desc(col(Undo.id))).limit(1)
    undo: Undo | None = uow.session.execute(newest).scalars().first()
    if undo is None:
        raise Expired("error.nothing_to_undo")
    if undo.used_at is not None:
        raise Conflict("error.undone_already")
    if undo.expires_at <= uow.now:
        raise Expired("error.undo_expired")
    return undo


def _use_once(undo: Undo, uow: Uow) -> None:
    changed = uow.session.execute(
        update(Undo).where(col(Undo.id) == undo.id, col(Undo.used_at).is_(None)).values(used_at=uow.now)
    )
    if not getattr(changed, "rowcount", 0):
        raise Conflict("error.undone_already")
