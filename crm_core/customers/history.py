"""A customer's history is told by every concept that knows a part of it."""

from __future__ import annotations

from collections.abc import Callable

from crm_core.customers.messages import RecordView
from crm_core.kernel.uow import Reader

Teller = Callable[[Reader, str], list[RecordView]]
tellers: dict[str, Teller] = {}


def tells_history(*kinds: str) -> Callable[[Teller], Teller]:
    """The decorated `(reader, customer_id) -> list[RecordView]` tells these kinds.

    It is called only for customers the actor may read, and returns only what he may see of its own resource.
    """

    def register(teller: Teller) -> Teller:
        for kind in kinds:
            tellers[kind] = teller
        return teller

    return register
