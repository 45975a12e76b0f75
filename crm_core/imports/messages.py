"""Imports: a batch of rows of a file, and what became of each. The public vocabulary."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm_core.fitment.messages import Contradiction
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
    """How many rows were added, changed, unchanged and removed, and which were rejected.

    `contradictions` are rows of the catalogue that now deny what others say.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[Rejection, ...] = ()
    removed: int = 0
    contradictions: tuple[Contradiction, ...] = ()


class CatalogueVehicle(View):
    """A vehicle of a catalogue file; without a make and model it is known by its id alone."""

    external_id: str
    brand: str = ""
    series: str = ""
    year: int | None = None


class CatalogueRow(View):
    """A part for some vehicles (external ids) under conditions. `identity` is what the file said, without names."""

    line: int
    ref: str
    remove: bool
    vehicles: tuple[str, ...]
    part: str
    brand: str
    brand_code: str
    name: str
    category: str
    position: str
    quantity: int | None
    trims: tuple[str, ...]
    engines: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    identity: str


class ImportCatalogue(Command):
    """Some rows of a parts maker's catalogue, in one transaction; `source` names the catalogue.

    The result's view is a `CatalogueOutcome`; the line of a rejection in it is the row's place among `rows`.
    """

    source: str
    vehicles: tuple[CatalogueVehicle, ...]
    rows: tuple[CatalogueRow, ...]


class CatalogueOutcome(ImportOutcome):
    """`kept` are marks of the rows that are in the catalogue now, 8 bytes each, `kinds` their categories."""

    kept: bytes = b""
    kinds: tuple[str, ...] = ()


class RemoveMissing(Command):
    """A whole catalogue came: what its source said before about these kinds of parts and says no more goes.

    `kept` as in `CatalogueOutcome`, of the whole file. The result's view is how many went.
    """

    source: str
    kinds: tuple[str, ...]
    kept: bytes
