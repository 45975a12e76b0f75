"""Rows of a file as commands of the concepts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from crm_core.customers.messages import AddCustomer
from crm_core.fitment.messages import AddApplication, AddCrossRef, AddPart, SetPrices, SetStock
from crm_core.imports.cells import ago, clean, local, lunar_day, parse, split_semicolons, word
from crm_core.imports.columns import Sheet, named
from crm_core.imports.references import References
from crm_core.kernel.errors import Invalid
from crm_core.kernel.registry import Command
from crm_core.leads.messages import CreateLead
from crm_core.org.messages import AddPerson
from crm_core.vehicles.messages import AddCar, AddModel, AddStockCar

Values = dict[str, Any]
PRICE_COLUMNS = ("retail", "fleet", "trade", "insurance", "employee")


def values_of(row: dict[str, str], sheet: Sheet) -> Values:
    """The filled cells of a row as values. Raises Invalid, also for a required cell that is empty."""
    found: Values = {}
    for name, column in sheet.columns.items():
        text = clean(row.get(name, ""))
        if text:
            found[name] = parse(column.kind, text, name)
        elif column.required:
            raise Invalid(name, "error.empty_cell", column=named(column))
    return found


def staff(v: Values, refs: References) -> AddPerson:
    v["role"], v["language"] = word("role", v["role"]), word("language", v.get("language", ""), "zh")
    return AddPerson(**v | {"unit": refs.unit(v["unit"])})


def customers(v: Values, refs: References) -> AddCustomer:
    calendar, in_days = v.pop("birthday_calendar", ""), v.pop("birthday_in_days", None)
    owner = refs.person(v.pop("owner")) if "owner" in v else None
    if in_days is not None:
        v["birthday"] = (refs.uow.now + timedelta(days=in_days)).strftime("%m-%d")
    if "birthday" in v and (lunar := lunar_day(v["birthday"])):
        v["birthday"], calendar = lunar, "lunar"
    v["phones"] = (*v.get("phones", ()), *v.pop("phone2", ()))
    unit = owner.unit if owner is not None else refs.unit(v.get("unit", ""))
    v["price_class"] = word("price_class", v.get("price_class", ""))
    v["source"], v["language"] = (
        word("source", v.get("source", "")),
        word("language", v.get("language", ""), "zh"),
    )
    return AddCustomer(**v | {
        "unit": unit, "owner_id": owner.id if owner else None, "lunar_birthday": calendar in ("lunar", "农历"),
    })  # fmt: skip


def models(v: Values, refs: References) -> AddModel:
    return AddModel(**v)


def vehicles(v: Values, refs: References) -> AddCar:
    customer, days = refs.customer(v.pop("customer")), v.pop("bought_days_ago", None)
    if days is not None:
        v["bought_on"] = (refs.uow.now - timedelta(days=days)).date()
    if "model_code" not in v and "name" in v:
        v["model_code"] = refs.model_code(v["name"])
    return AddCar(customer_id=customer.id, **v)


def stock_cars(v: Values, refs: References) -> AddStockCar:
    return AddStockCar(**v | {"unit": refs.unit(v["unit"])})


def parts(v: Values, refs: References) -> AddPart:
    v["position"] = word("position", v.get("position", ""))
    return AddPart(**v)


def applications(v: Values, refs: References) -> AddApplication:
    v["position"] = word("position", v.get("position", ""))
    return AddApplication(**v)


def stock(v: Values, refs: References) -> SetStock:
    return SetStock(**v | {"unit": refs.unit(v["unit"])})


def crossrefs(v: Values, refs: References) -> AddCrossRef:
    return AddCrossRef(**v | {"kind": word("crossref", v["kind"])})


def _crossrefs_of(kind: str) -> Callable[[Values, References], AddCrossRef]:
    """A table whose every row is of one kind."""
    return lambda v, refs: crossrefs(v | {"kind": kind}, refs)


def prices(v: Values, refs: References) -> SetPrices:
    """One price with its class (retail when none is said), or a column for each class."""
    listed = [(name, v.pop(name)) for name in PRICE_COLUMNS if name in v]
    said = v.pop("price_class", "") or "retail"
    if "price" in v:
        listed.append((word("price_class", said), v.pop("price")))
    return SetPrices(**v | {"prices": tuple(listed), "unit": refs.unit(v["unit"]) if "unit" in v else ""})


def leads(v: Values, refs: References) -> CreateLead:
    """A lead that just arrived; what is said of old ones is in `history`."""
    utm = {name.removeprefix("utm_"): v.pop(name) for name in list(v) if name.startswith("utm_")}
    unit = refs.unit(v["unit"]) if v.get("unit") else ""
    at = v.get("event_time")
    customer = refs.customer(v["customer"]).id if v.get("customer") else None
    said = [v.get("message", "")] + ([f"预算{v['budget']}"] if v.get("budget") else [])
    fields = (
        "name",
        "phone",
        "vehicle",
        "city",
        "company",
        "email",
        "score",
        "campaign",
        "referrer",
        "level",
    )
    known = {name: v[name] for name in fields if name in v}
    known["phone"] = (split_semicolons(known.get("phone", "")) or ("",))[0]
    return CreateLead(
        **known, message="\n".join(part for part in said if part), source=word("source", v.get("source", "")), utm=utm,
        event_time=local(at, refs.zone(unit or refs.uow.actor.unit)) if at else None, unit=unit, channel="import",
        customer_id=customer,
    )  # fmt: skip


def when(v: Values, refs: References, unit: str, name: str) -> Any:
    """The instant a row speaks of: a column of its own, or days ago and a time; None when it says neither."""
    zone = refs.zone(unit)
    if v.get(name) is not None:
        return local(v[name], zone)
    if v.get("days_ago") is not None:
        return ago(refs.uow.now, v["days_ago"], v.get("time", ""), zone)
    if v.get("in_days") is not None:
        return ago(refs.uow.now, -v["in_days"], v.get("time", ""), zone)
    return None


COMMANDS: dict[str, Callable[[Values, References], Command]] = {
    "staff": staff, "models": models, "vehicles": vehicles, "stock_cars": stock_cars,
    "parts": parts, "applications": applications, "stock": stock, "leads": leads,
    "crossrefs": crossrefs, "supersessions": _crossrefs_of("supersedes"),
    "interchanges": _crossrefs_of("interchange"), "aftermarket": _crossrefs_of("aftermarket"), "prices": prices,
}  # fmt: skip
