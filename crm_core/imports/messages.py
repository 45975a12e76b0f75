"""Imports: a batch of rows of a file, and what became of each. The public vocabulary."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm_core.kernel.registry import Command, View
from crm_core.org.messages import AddUnit


class ImportBatch(Command):
    """Some rows of one kind, in one transaction: bad ones are rejected, the rest lands.

    `rows` are (line in the file, {our column: text}). The result's view is an `ImportOutcome`.
    """

    kind: str
    rows: tuple[tuple[int, dict[str, str]], ...]


class ImportHistory(Command):
    """A dealer group with its past, in one transaction: all of it or nothing, and nobody is told.

    `files` are, in order, (kind, rows as in ImportBatch). The result's view is {kind: ImportOutcome}.
    """

    units: tuple[AddUnit, ...] = ()
    files: tuple[tuple[str, tuple[tuple[int, dict[str, str]], ...]], ...]


class Rejection(View):
    """A row that was not taken, with the text key and parameters of the reason."""

    line: int
    key: str
    params: dict[str, Any] = Field(default_factory=dict)


class ImportOutcome(View):
    """How many rows were added, changed and unchanged, and which were rejected."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[Rejection, ...] = ()
