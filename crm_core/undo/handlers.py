"""Runs the inverse of an earlier command, as the same actor and under today's rules."""

from __future__ import annotations

import json

from sqlalchemy import desc, select, update
from sqlmodel import col

from crm_core.kernel.errors import Conflict, Expired
from crm_core.kernel.registry import Result, commands_by_name, handles
from crm_core.kernel.tables import Row, Undo
from crm_core.kernel.uow import Uow
from crm_core.undo.messages import Correct, UndoLast, UndoneView

# Of an actor's own writes so many are looked through for the one before.
LOOKED_AT = 20


@handles(UndoLast)
def undo_last(cmd: UndoLast, uow: Uow) -> Result:
    """Raises Expired when there is nothing (left) to take back, Conflict when the record moved on."""
    undo = _find(cmd.undo_id, uow)
    _use_once(undo, uow)
    inverse = commands_by_name[undo.command].model_validate_json(uow.cipher.get(undo, "inverse"))
    uow.taking_back = True
    done = uow.call(inverse)
    for row, version in uow.taken_back:
        _pass_on(undo, row, version, uow)
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


def _pass_on(undone: Undo, row: Row, version: int, uow: Uow) -> None:
    """A record taken back is as the write before left it: that one can be taken back, too, if it was the actor's own.

    What he wrote without a gap before it moves along, so that one step follows the other.
    """
    older = select(Undo).where(
        col(Undo.tenant) == uow.tenant, col(Undo.actor_id) == uow.actor.id, col(Undo.used_at).is_(None),
        col(Undo.created_at) <= undone.created_at, col(Undo.expires_at) > uow.now,
    ).order_by(desc(col(Undo.created_at)), desc(col(Undo.id))).limit(LOOKED_AT)  # fmt: skip
    before, shift = version - 1, row.version - (version - 1)
    for undo in uow.session.execute(older).scalars():
        inverse = json.loads(uow.cipher.get(undo, "inverse"))
        about = {value for name, value in inverse.items() if name.endswith("_id")}
        if row.id in about and inverse.get("version") == before:
            uow.cipher.put(undo, "inverse", json.dumps(inverse | {"version": before + shift}, ensure_ascii=False))
            before -= 1


def _use_once(undo: Undo, uow: Uow) -> None:
    changed = uow.session.execute(
        update(Undo).where(col(Undo.id) == undo.id, col(Undo.used_at).is_(None)).values(used_at=uow.now)
    )
    if not getattr(changed, "rowcount", 0):
        raise Conflict("error.undone_already")
