"""The demo dealership loads whole, quietly and once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from crm_core.api import Core
from crm_core.customers.messages import CustomerHistory, FindCustomers
from crm_core.fitment.messages import CheckFit, LookupParts, PartSpec, VehicleSpec
from crm_core.imports.demo import load_demo
from crm_core.kernel.errors import Invalid
from crm_core.kernel.tables import Audit, Outbox
from crm_core.leads.tables import Lead
from crm_core.orders.messages import Orders
from crm_core.vehicles.messages import CarStock, CustomerCars, FindCar
from crm_core.vehicles.tables import Car

EXAMPLE = Path(__file__).parents[3] / "examples" / "dealership"


def number(core: Core, table: type) -> int:
    with core.database.read() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def test_the_demo_dealership(core: Core) -> None:
    first = load_demo(core, EXAMPLE, core.now())
    assert first["tenant"] == "starway"
    assert (first["staff"].added, first["customers"].added, first["applications"].added) == (8, 60, 600)
    audits = number(core, Audit)
    again = load_demo(core, EXAMPLE, core.now())
    assert all(outcome.added == outcome.changed == 0 for kind, outcome in again.items() if kind != "tenant")
    # The second run leaves one line that says that it took place.
    assert number(core, Audit) == audits + 1
    assert number(core, Outbox) == 0
    _is_dated_and_owned(core)
    _answers_the_story(core)


def _is_dated_and_owned(core: Core) -> None:
    with core.database.read() as session:
        leads = list(session.execute(select(Lead)).scalars())
        sealed = session.execute(select(col(Car.vin_enc))).scalars().first()
    assert all(lead.created_at <= core.now() for lead in leads)
    assert all(lead.owner_id or lead.state in ("pool", "lost") for lead in leads)
    assert (core.now() - min(lead.created_at for lead in leads)).days > 300
    assert sealed is not None
    assert sealed.startswith("v1:")


def _answers_the_story(core: Core) -> None:
    rep, customer = core.actor("rep1"), core.actor("customer1")
    pads = core.ask(
        LookupParts(
            vehicle=VehicleSpec(series="迈腾", year=2018, displacement="1.8T"),
            part=PartSpec(category="刹车片", position="front"),
        ),
        rep,
    )
    assert (pads.verdict, pads.ask) == ("fits_if", "option_code")
    assert pads.stock
    golf = core.ask(CheckFit(part=PartSpec(oe="06L115562B"), vehicle=VehicleSpec(words="高7")), rep)
    assert (golf.verdict, golf.ask) == ("fits_if", "displacement")
    mine = core.ask(FindCar(plate="沪A8K206"), rep)
    assert mine is not None
    assert mine.vin.startswith("****")
    assert core.ask(CustomerCars(customer_id=mine.customer_id), customer)[0].plate == "沪A8K206"
    assert core.ask(Orders(), customer)
    assert core.ask(CarStock(series="ES6"), rep)[0].list_fen
    found = core.ask(FindCustomers(words="黄志远"), rep)
    kinds = {record.kind for record in core.ask(CustomerHistory(customer_id=found[0].id), rep)}
    assert "order" in kinds


def test_a_broken_demo_leaves_nothing(core: Core, tmp_path: Path) -> None:
    folder = tmp_path / "dealership"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("knowledge", "sample_import"))
    with (folder / "stock.csv").open("a", encoding="utf-8") as file:
        file.write("NO SUCH PART,starway.east.sh-pudong.,x,y,1,0,0,\n")
    with pytest.raises(Invalid) as error:
        load_demo(core, folder, core.now())
    assert error.value.params["kind"] == "stock"
    assert core.tenants() == []
