"""Imports: a batch of rows of a file, and what became of each. The public vocabulary."""

from __future__ import annotations

from typing import Any

from crm_core.kernel.registry import Command, View


class ImportBatch(Command):
    """Some rows of one kind, in one transaction: bad ones are rejected, the rest lands.

    `rows` are (line in the file, {our column: text}). The result's view is an `ImportOutcome`.
    """

    kind: str
    rows: tuple[tuple[int, dict[str, str]], ...]


class Rejection(View):
    """A row that was not taken, with the text key and parameters of the reason."""

    line: int
    key: str
    params: dict[str, Any] = {}


class ImportOutcome(View):
    """How many rows were added, changed and unchanged, and which were rejected."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[Rejection, ...] = ()
