"""An account a platform refuses: admins hear of it once, and again only after it worked in between."""

from __future__ import annotations

from crm_core.channels.accounts import Account
from crm_core.delivery.messages import TellTroubles, Troubles
from crm_core.kernel.tables import Outbox
from tests.core.deals.house import House
from tests.core.kernel.trial import rows

WECOM = "account_address"


def account(house: House, name: str = "ww1-1000002", tenant: str = "") -> Account:
    return Account(tenant or house.core.tenants()[0], "wecom", name, "staff", "x.")


def audit(house: House) -> list[str]:
    """What the auditor does each minute: find, tell; what was found, in words for the operator."""
    system = house.core.system(house.core.tenants()[0])
    found = [one for one in house.core.ask(Troubles(), system) if one.kind.startswith("account_")]
    house.core.execute(TellTroubles(troubles=tuple(found)), system)
    return [f"{one.kind} {one.what}" for one in found]


def told(house: House) -> int:
    return len([row for row in rows(house.core, Outbox) if row.kind == "delivery_trouble"])


def test_admins_are_told_once_until_it_works_again(house: House) -> None:
    core, now = house.core, house.core.now()
    core.account_troubles.note(account(house), WECOM, "203.0.113.9", now)
    assert audit(house) == [f"{WECOM} wecom:ww1-1000002 203.0.113.9"]
    once = told(house)
    assert once > 0
    core.account_troubles.note(account(house), WECOM, "203.0.113.9", now)
    audit(house)
    assert told(house) == once
    core.account_troubles.over(account(house))
    assert audit(house) == []
    core.account_troubles.note(account(house), WECOM, "203.0.113.9", now)
    house.clock.advance(minutes=1)
    audit(house)
    assert told(house) == 2 * once


def test_another_trouble_of_the_same_account_is_news(house: House) -> None:
    core, now = house.core, house.core.now()
    core.account_troubles.note(account(house), WECOM, "", now)
    core.account_troubles.note(account(house), "account_token", "", now)
    assert audit(house) == ["account_token wecom:ww1-1000002"]


def test_tenant_hears_of_its_own_accounts_only(house: House) -> None:
    core = house.core
    core.account_troubles.note(account(house, "ww2-1", tenant="another"), WECOM, "", core.now())
    assert audit(house) == []
