"""Tags of ours that have a counterpart at the platform go there."""

from __future__ import annotations

from crm_core.campaigns.lookup import contacts_of_customer, followers_of
from crm_core.campaigns.messages import CustomerTagged
from crm_core.campaigns.rules import ContactPolicy, theirs
from crm_core.errands.queue import errand
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow


@reacts(CustomerTagged)
def tag_there(event: CustomerTagged, uow: Uow) -> None:
    """Put on by each colleague who is connected, as the platform keeps tags by colleague."""
    for contact in contacts_of_customer(uow, event.customer_id):
        policy = uow.policies.model("contacts", ContactPolicy, unit=contact.dealer)
        add, remove = theirs(policy, event.added), theirs(policy, event.removed)
        if not add and not remove:
            continue
        for one in followers_of(uow, contact.id):
            uow.touch(one, tags=sorted((set(one.tags) | set(add)) - set(remove)))
            errand(uow, account=contact.account, kind="tag", subject=f"contact:{contact.id}",
                   key=f"tag:{one.id}:{one.version}:{uow.now.isoformat()}", userid=one.userid,
                   native_id=contact.native_id, add=add, remove=remove)  # fmt: skip
