"""What an application of an ACES file says, as a row of our catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crm_core.fitment.applications import POSITIONS
from crm_core.fitment.normalise import oe_key
from crm_core.imports.aces import App, Child
from crm_core.imports.aces_names import AcesNames
from crm_core.imports.cells import word
from crm_core.imports.messages import CatalogueRow, CatalogueVehicle
from crm_core.kernel.errors import Invalid

# What says which vehicle, which part, or how to print it. Every other element restricts where the part fits.
NO_CONDITION = frozenset((
    "BaseVehicle", "Years", "Make", "Model", "EquipmentBase", "Qty", "PartType", "MfrLabel", "Position", "Part",
    "DisplayOrder", "AssetName", "AssetItemOrder", "AssetItemRef",
))  # fmt: skip
MAX_YEARS = 100
MAX_VALUE = 400


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read one file: whose it is and what its ids are called."""

    names: AcesNames
    brand: str = ""

    def row(self, app: App) -> tuple[CatalogueRow, tuple[CatalogueVehicle, ...]]:
        """The row, and the vehicles it speaks of. Raises Invalid with the reason it cannot be used."""
        action = app.attributes.get("action", "A").upper()
        if action not in ("A", "D"):
            raise Invalid("action", "error.aces_action", value=action[:20])
        first = {child[0]: child for child in reversed(app.children)}
        part = first.get("Part", ("", {}, ""))
        if not oe_key(part[2]):
            raise Invalid("oe", "error.bad_oe", value=part[2][:60])
        vehicles, code = tuple(self._vehicles(first)), part[1].get("BrandAAIAID", "").strip() or self.brand
        raw = sorted(_raw(child) for child in app.children if child[0] not in NO_CONDITION)
        position = _id(first.get("Position"))
        trims, engines, conditions = self._conditions(raw)
        row = CatalogueRow(
            line=app.line, ref=app.attributes.get("id", "")[:40], remove=action == "D",
            vehicles=tuple(vehicle.external_id for vehicle in vehicles), part=part[2][:60],
            brand=(self.names.of("Brand", code) or code)[:60], brand_code=code[:60],
            name=self._name(first), category=self._category(first),
            position=self._position(position), quantity=_quantity(first), trims=trims, engines=engines,
            conditions=conditions, identity=repr((position, raw)),
        )  # fmt: skip
        return row, vehicles

    def _vehicles(self, first: dict[str, Child]) -> Iterable[CatalogueVehicle]:
        """The base vehicle, or one for each of the years of a make and model."""
        for tag, prefix in (("BaseVehicle", "aces:"), ("EquipmentBase", "aces:equipment/")):
            if id_ := _id(first.get(tag)):
                yield self._named(f"{prefix}{id_}", id_ if tag == "BaseVehicle" else "")
                return
        make, model, years = _id(first.get("Make")), _id(first.get("Model")), first.get("Years")
        if not (make and model and years):
            raise Invalid("vehicle", "error.aces_vehicle")
        for year in _years(years):
            id_ = self.names.base_vehicle(make, model, year)
            yield self._named(f"aces:{id_}", id_) if id_ else self._by_attributes(make, model, year)

    def _named(self, external_id: str, id_: str) -> CatalogueVehicle:
        name = self.names.vehicles.get(id_)
        if name is None:
            return CatalogueVehicle(external_id=external_id[:80])
        return CatalogueVehicle(external_id=external_id[:80], brand=name.make[:60], series=name.model[:80],
                                year=name.year)  # fmt: skip

    def _by_attributes(self, make: str, model: str, year: int) -> CatalogueVehicle:
        """Their names, or the words that stand where ids do."""
        brand = self.names.of("Make", make) or ("" if make.isdigit() else make)
        series = self.names.of("Model", model) or ("" if model.isdigit() else model)
        external = f"aces:{make}/{model}/{year}"
        return CatalogueVehicle(external_id=external[:80], brand=brand[:60], series=series[:80], year=year)

    def _conditions(
        self, raw: list[tuple[str, str]]
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Trims and engine codes where their names are known, which a car on record can prove; the rest as it is."""
        trims, engines, rest = [], [], []
        for tag, value in raw:
            name = self.names.of(tag, value)
            if tag == "SubModel" and name:
                trims.append(name)
            elif tag == "EngineDesignation" and name:
                engines.append(name)
            else:
                rest.append((tag, (name or value)[:MAX_VALUE]))
        return tuple(trims), tuple(engines), tuple(rest)

    def _category(self, first: dict[str, Child]) -> str:
        id_ = _id(first.get("PartType"))
        return (self.names.of("PartType", id_) or (f"aces:{id_}" if id_ else ""))[:60]

    def _name(self, first: dict[str, Child]) -> str:
        label = first.get("MfrLabel", ("", {}, ""))[2]
        return (self.names.of("PartType", _id(first.get("PartType"))) or label or self._category(first))[:120]

    def _position(self, id_: str) -> str:
        """One of our positions where its name is known; else the id, which stands for none of ours."""
        named = word("position", self.names.of("Position", id_), "") if id_ else ""
        return named if named in POSITIONS and named else f"aces:{id_}"[:20] if id_ else ""


def _id(child: Child | None) -> str:
    return (child[1].get("id") or child[2]).strip() if child else ""


def _raw(child: Child) -> tuple[str, str]:
    """(element, id or text): a note or qualifier is its text, which its id only repeats."""
    tag, attributes, text = child
    told = text or attributes.get("id", "")
    return tag, (told if tag in ("Note", "Qual") else attributes.get("id") or text)[:MAX_VALUE]


def _quantity(first: dict[str, Child]) -> int | None:
    text = first.get("Qty", ("", {}, ""))[2]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _years(child: Child) -> range:
    """Raises Invalid unless `from` and `to` are years, in order."""
    start, end = child[1].get("from", ""), child[1].get("to", "")
    end = end or start
    if not all(len(year) == 4 and year.isascii() and year.isdigit() for year in (start, end)):
        raise Invalid("vehicle", "error.aces_vehicle")
    if not 0 <= int(end) - int(start) <= MAX_YEARS:
        raise Invalid("vehicle", "error.range_reversed")
    return range(int(start), int(end) + 1)
