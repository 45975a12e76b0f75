"""Which part a number means, when two makers may use the same digits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from crm_core.fitment.makers import maker_key
from crm_core.fitment.normalise import oe_key
from crm_core.fitment.tables import Part
from crm_core.kernel.errors import Invalid
from crm_core.kernel.uow import Reader

CHUNK = 5_000


@dataclass
class Shelf:
    """The parts with some numbers, by number and maker."""

    parts: dict[str, list[Part]] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: Reader, numbers: Iterable[str]) -> Shelf:
        """The tenant's parts with these numbers, in any spelling."""
        shelf, keys = cls(), sorted({oe_key(number) for number in numbers} - {""})
        for at in range(0, len(keys), CHUNK):
            query = select(Part).where(
                col(Part.tenant) == reader.tenant, col(Part.oe_key).in_(keys[at : at + CHUNK])
            )
            for part in reader.rows(query):
                shelf.put(part)
        return shelf

    def put(self, part: Part) -> None:
        self.parts.setdefault(part.oe_key, []).append(part)

    def find(self, number: str, brand: str = "") -> Part | None:
        """The part meant, or None.

        A number without a brand means the only part that has it; a brand means that maker's, or the one whose
        maker nobody named yet. Raises Invalid on `brand` when several makers' parts have the number.
        """
        found, maker = self.parts.get(oe_key(number), []), maker_key(brand)
        if not maker:
            if len(found) > 1 and all(part.brand for part in found):
                names = ", ".join(sorted(part.brand for part in found))
                raise Invalid("brand", "error.which_brand", value=number, known=names)
            return min(found, key=lambda part: bool(part.brand), default=None)
        by_maker = {maker_key(part.brand): part for part in found}
        return by_maker.get(maker, by_maker.get(""))

    def need(self, number: str, brand: str = "") -> Part:
        """The part meant. Raises Invalid on `oe` when there is none."""
        part = self.find(number, brand)
        if part is None:
            raise Invalid("oe", "error.unknown_part", value=number)
        return part
