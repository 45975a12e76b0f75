"""Which prices a customer pays: the class of his, changed by whoever may price him."""

from __future__ import annotations

from crm_core.customers.tables import Customer
from crm_core.fitment.messages import SetPriceClass
from crm_core.fitment.rules import FitmentPolicy, price_class_named
from crm_core.kernel.errors import Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow


@handles(SetPriceClass)
def set_price_class(cmd: SetPriceClass, uow: Uow) -> Result:
    """The class he has already changes nothing. `view` is what the class is called."""
    customer = uow.get(Customer, cmd.customer_id, "customer", "price")
    policy = uow.policies.model("fitment", FitmentPolicy, unit=customer.unit)
    wanted = price_class_named(cmd.price_class, policy)
    if wanted is None:
        known = "、" if uow.actor.language == "zh" else ", "
        names = known.join(_called(one, policy, uow) for one in policy.price_classes)
        raise Invalid("price_class", "error.unknown_price_class", value=cmd.price_class, known=names)
    before = customer.price_class or policy.default_class
    name = _called(wanted, policy, uow)
    if before == wanted:
        return Result(id=customer.id, view=name)
    uow.change("price_class", _called(before, policy, uow), name)
    uow.touch(customer, price_class=wanted)
    uow.audit("write", "customer", customer.id, price_class=wanted)
    uow.refresh(f"customer:{customer.id}")
    back = SetPriceClass(customer_id=customer.id, price_class=before)
    return Result(id=customer.id, view=name, undo_id=uow.undoable(back, "price_class"))


def _called(key: str, policy: FitmentPolicy, uow: Uow) -> str:
    named = policy.price_classes.get(key)
    return str(getattr(named, uow.actor.language, key)) if named is not None else key
