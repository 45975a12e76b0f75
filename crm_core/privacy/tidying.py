"""What is over: requests, files, and what the law wanted kept until now; and customers nobody needs any more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, exists, select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Result, handles, routine
from crm_core.kernel.routines import NIGHTLY
from crm_core.kernel.tables import Blob, metadata
from crm_core.kernel.uow import Uow
from crm_core.leads.tables import Lead
from crm_core.privacy.erase import erase
from crm_core.privacy.messages import PersonErased, TidyPrivacy
from crm_core.privacy.reveals import policy_of
from crm_core.privacy.tables import HeldRecord, PrivacyRequest

# So many are erased in one go; the next night goes on.
AT_ONCE = 20
# Who has any of these is not only a lost lead.
_NEEDED = ("orders", "cars", "renewals")


@handles(TidyPrivacy)
def tidy(cmd: TidyPrivacy, uow: Uow) -> Result:
    """Only for the deployment itself; twice is as once."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    over = select(PrivacyRequest).where(col(PrivacyRequest.tenant) == uow.tenant,
                                        col(PrivacyRequest.expires_at) <= uow.now)  # fmt: skip
    for row in uow.rows(over.where(col(PrivacyRequest.state) == "pending")):
        uow.touch(row, state="expired")
    for row in uow.rows(over.where(col(PrivacyRequest.blob_id) != "")):
        uow.session.execute(delete(Blob).where(col(Blob.id) == row.blob_id))
        uow.touch(row, blob_id="")
    held = delete(HeldRecord).where(col(HeldRecord.tenant) == uow.tenant, col(HeldRecord.until) <= uow.now)
    uow.session.execute(held)
    forgotten = _forgotten(uow)
    for customer_id in forgotten:
        erase(uow, customer_id, cause="retention")
        uow.emit(PersonErased(gone_id=customer_id))
    return Result(id=str(len(forgotten)))


def _forgotten(uow: Uow) -> list[str]:
    """Customers whose leads are all lost, who bought nothing, and whom nobody touched for as long as policy says."""
    after = policy_of(uow, f"{uow.tenant}.").forget_lost
    if not after:
        return []
    customer: Any = Customer
    lead: Any = Lead
    lost = exists().where(lead.customer_id == customer.id, lead.state.in_(("lost", "dropped")))
    alive = exists().where(lead.customer_id == customer.id, lead.state.not_in(("lost", "dropped")))
    query = select(customer.id).where(customer.tenant == uow.tenant, customer.touched_at < uow.now - after, lost, ~alive)
    for name in _NEEDED:
        query = query.where(~exists().where(metadata.tables[name].c.customer_id == customer.id))
    deals = metadata.tables["deals"]
    query = query.where(~exists().where(deals.c.customer_id == customer.id, deals.c.state != "lost"))
    return list(uow.session.execute(query.order_by(customer.touched_at).limit(AT_ONCE)).scalars())


routine(NIGHTLY, TidyPrivacy)
