"""The demo dealership: units, people and twelve months of history, ending today."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_core.imports.columns import match, sheet
from crm_core.imports.messages import ImportHistory
from crm_core.kernel.errors import Invalid
from crm_core.org.messages import AddUnit

if TYPE_CHECKING:
    from crm_core.api import Core

# What comes first is spoken of by what comes later.
ORDER = (
    "staff", "models", "customers", "vehicles", "parts", "applications", "stock", "stock_cars", "leads",
    "contacts", "test_drives", "quotes", "orders", "appointments",
)  # fmt: skip
Rows = tuple[tuple[int, dict[str, str]], ...]


def load_demo(core: Core, folder: Path, now: datetime | None = None) -> dict[str, Any]:
    """Load the dealership of a folder (`group.yaml` and CSV files); a second time changes nothing.

    Nobody is told of the past, and only leads that arrived just now get their first-call reminder. `now` is
    the core's present; it is here so that a caller with another clock notices. Returns {"tenant": id,
    kind: ImportOutcome}. Raises Invalid naming file and line; nothing is kept then.
    """
    if now is not None and abs((core.now() - now).total_seconds()) > 60:
        raise Invalid("now", "error.demo_clock")
    group = _group(folder / "group.yaml")
    tenant = str(group["tenant"]["id"])
    actor = core.system(tenant)
    units = tuple(_unit(unit) for unit in group["units"])
    files = tuple((kind, _rows(folder / f"{kind}.csv", kind)) for kind in ORDER)
    result = core.execute(ImportHistory(units=units, files=files), actor)
    return {"tenant": tenant} | dict(result.view)


def _group(path: Path) -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _unit(unit: dict[str, Any]) -> AddUnit:
    return AddUnit(
        path=unit["path"], name=unit["name"], name_en=unit.get("name_en", ""), city=unit.get("city", ""),
        zone=unit.get("zone", "Asia/Shanghai"), language=unit.get("language", "zh"),
        address=unit.get("address", ""), address_en=unit.get("address_en", ""), phone=unit.get("phone", ""),
        brands=tuple(unit.get("brands", ())), pipeline=(unit.get("pipelines") or ["car_sale"])[0],
    )  # fmt: skip


def _rows(path: Path, kind: str) -> Rows:
    """The rows of a CSV under our names; headings nobody knows are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        positions = match(next(reader), sheet(kind)).positions
        return tuple(
            (line, {name: cells[at] for at, name in positions.items() if cells[at]})
            for line, cells in enumerate(reader, start=2)
        )
