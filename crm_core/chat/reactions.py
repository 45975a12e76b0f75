"""What an import of colleagues means for their accounts."""

from __future__ import annotations

from crm_core.chat.identities import bind_userid, corp_accounts
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.org.messages import PersonAdded
from crm_core.org.tables import Person


@reacts(PersonAdded)
def userid_imported(event: PersonAdded, uow: Uow) -> None:
    """The corp's list vouches: he is reached in WeCom at once, by another userid when that was changed."""
    person = uow.find(Person, event.person_id)
    if person is None or person.kind != "staff":
        return
    for account in corp_accounts(uow):
        bind_userid(uow, person, account)
