"""What a lead keeps in clear holds nothing personal, and whoever brings it is told nothing new."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_core.api import Core
from crm_core.chat.messages import AddVisitor
from crm_core.customers.messages import AddCustomer
from crm_core.deals.messages import TransferDeals
from crm_core.kernel.access import Actor
from crm_core.kernel.pii import mask_phones, mask_vehicle
from crm_core.leads.messages import CreateLead, LeadView
from tests.core.deals.house import DEALER, House

PHONE, VIN, PLATE = "13987654321", "LSVAU2A37N2183294", "沪A88Z99"


def stored(core: Core) -> str:
    """Every value of every column, as it lies in the database."""
    with core.database.read() as session:
        tables = session.connection().dialect.get_table_names(session.connection())
        return "\n".join(str(row) for name in tables for row in session.execute(text(f'select * from "{name}"')))


def test_no_phone_vin_or_plate_lies_in_clear(house: House) -> None:
    intake = house.core.intake("starway", DEALER)
    command = CreateLead(
        name=f"张伟{PHONE}", phone=PHONE, vehicle=f"{PLATE} 迈腾 {VIN} 电话{PHONE}", source=PHONE, city=PHONE,
        message=f"打我电话{PHONE}", campaign=f"春季 {PHONE}", referrer=f"https://x.cn/?tel={PHONE}",
        utm={"term": PHONE}, email="zw@example.com",
    )  # fmt: skip
    lead = house.core.execute(command, intake, key=PHONE)
    customer = house.core.execute(command.model_copy(update={"vehicle": ""}), intake).view
    assert customer.id == lead.id
    house.do("manager1", TransferDeals(customer_id=_customer_of(house), to_id=house.id("rep2"), reason=f"转给你 {PHONE}"))
    kept = stored(house.core)
    for secret in (PHONE, VIN, PLATE, "zw@example.com", "打我电话", "转给你"):
        assert secret not in kept


def _customer_of(house: House) -> str:
    from crm_core.customers.tables import Customer

    (row,) = house.rows(Customer)
    return str(row.id)


@pytest.mark.parametrize("said", ["13717582908", "06L115562B", "2018款迈腾1.8T", "ES6", "LFV 3A 28W"])
def test_models_and_part_numbers_stay_readable(said: str) -> None:
    assert mask_vehicle(said, PHONE) == said


def test_ids_of_campaigns_stay_readable() -> None:
    for said in ("gclid=Cj0KCQ13987654321X", "20261111222233", "618"):
        assert mask_phones(said) == said
    assert mask_phones("+86 139-8765-4321") != "+86 139-8765-4321"


@pytest.mark.parametrize("who", ["visitor", "intake"])
def test_whoever_brings_a_known_person_learns_nothing_of_him(house: House, who: str) -> None:
    known = house.do("rep1", CreateLead(name="黄志远", phone=PHONE, vehicle="迈腾", message="预算二十万", keep=True)).view
    visitor = house.core.actor(house.job(AddVisitor(unit=DEALER)).id)
    actor: Actor = visitor if who == "visitor" else house.core.intake("starway", DEALER)
    view = house.core.execute(CreateLead(name="甲", phone=PHONE, vehicle="迈腾"), actor).view
    assert "黄志远" not in view.model_dump_json()
    assert isinstance(view, LeadView)
    assert (view.id, view.owner_name, view.duplicate) == (known.id, "陈晓明", True)
    assert (view.name, view.message) == ("甲", "")
    assert PHONE not in view.phone


def test_a_number_said_for_a_name_finds_the_same_customer(house: House) -> None:
    add = AddCustomer(name=PHONE, phones=(PHONE,), unit=f"{DEALER}a.")
    assert house.job(add).id == house.job(add).id
