"""Team groups on platforms: bound to a unit by somebody who may, and reached like a person."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.chat.messages import BindGroup, MoveGroup, UnbindGroup
from crm_core.chat.tables import GroupChat
from crm_core.kernel.deliveries import PENDING
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Uow


@handles(BindGroup)
def bind_group(cmd: BindGroup, uow: Uow) -> Result:
    """By whoever leads the unit. Binding anew changes the unit."""
    uow.must("group_chat", "bind", cmd.unit)
    uow.lock(f"group:{cmd.channel}:{cmd.account}:{cmd.native_id}"[:60])
    row = uow.first(
        select(GroupChat).where(col(GroupChat.channel) == cmd.channel, col(GroupChat.account) == cmd.account,
                                col(GroupChat.native_id) == cmd.native_id)
    )  # fmt: skip
    if row is not None and row.tenant != uow.tenant:
        raise NotFound(resource="group")
    if row is None:
        row = uow.new(GroupChat, channel=cmd.channel, account=cmd.account, native_id=cmd.native_id, chat=cmd.chat,
                      unit=cmd.unit, language=uow.actor.language, bound_by=uow.actor.id)  # fmt: skip
    else:
        uow.touch(row, chat=cmd.chat, unit=cmd.unit, language=uow.actor.language, bound_by=uow.actor.id, dead=False)
    uow.audit("bind", "group", row.id, unit=cmd.unit, channel=cmd.channel)
    return Result(id=row.id)


@handles(UnbindGroup)
def unbind_group(cmd: UnbindGroup, uow: Uow) -> Result:
    """By whoever may bind one to the unit."""
    row = uow.find(GroupChat, cmd.group_id)
    if row is None or row.tenant != uow.tenant:
        raise NotFound(resource="group")
    uow.must("group_chat", "bind", row.unit)
    uow.touch(row, dead=True)
    uow.audit("unbind", "group", row.id, channel=row.channel)
    return Result(id=row.id)


@handles(MoveGroup)
def move_group(cmd: MoveGroup, uow: Uow) -> Result:
    """What waits for the old chat is sent to the new one."""
    row = uow.find(GroupChat, cmd.group_id)
    if row is None or row.tenant != uow.tenant:
        raise NotFound(resource="group")
    uow.must("group_chat", "bind", row.unit)
    old = row.chat
    uow.touch(row, native_id=cmd.native_id, chat=cmd.chat)
    moved = update(Outbox).where(col(Outbox.chat) == old, col(Outbox.state) == PENDING)
    uow.session.execute(moved.values(chat=cmd.chat).execution_options(synchronize_session=False))
    return Result(id=row.id)
