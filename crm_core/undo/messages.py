"""Taking writes back. The public vocabulary."""

from __future__ import annotations

from crm_core.kernel.registry import Command, View


class UndoLast(Command):
    """Take back the actor's last undoable write, or the one named."""

    undo_id: str | None = None


class UndoneView(View):
    """What was taken back: the name of the undone write's label."""

    label: str
    command: str
