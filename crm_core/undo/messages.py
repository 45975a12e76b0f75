"""Taking writes back. The public vocabulary."""

from __future__ import annotations

from typing import Any

from crm_core.kernel.registry import Command, View, commands_by_name


class UndoLast(Command):
    """Take back the actor's last undoable write, or the one named."""

    undo_id: str | None = None


class Correct(Command):
    """Take back an own write and carry out another in its place: both or neither.

    `name` and `data` are the other command; the record it is about is as it was before the write.
    """

    undo_id: str
    name: str
    data: dict[str, Any]

    @staticmethod
    def by(undo_id: str, command: Command) -> Correct:
        """The write behind `undo_id` gives way to `command`."""
        return Correct(undo_id=undo_id, name=type(command).__name__, data=command.model_dump(mode="json"))

    def command(self) -> Command:
        """The command that takes the write's place. Its version is not asked for: the undo sees to that."""
        known = commands_by_name[self.name]
        version = known.model_fields.get("version")
        versionless = {"version": None} if version is not None and version.default is None else {}
        return known.model_validate({**self.data, **versionless})


class UndoneView(View):
    """What was taken back: the name of the undone write's label."""

    label: str
    command: str
