"""Events of customer contact (客户联系) as commands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.channels.wecom.xml import text
from crm_core.campaigns.messages import ContactAdded, ContactEnded, TransferRefused
from crm_core.kernel.registry import Command

ADDED = ("add_external_contact", "add_half_external_contact")
EDITED = "edit_external_contact"
_ENDED = {"del_external_contact": "colleague", "del_follow_user": "customer"}
_REFUSED = {"customer_refused": "refused", "customer_limit_exceed": "full"}


def kind_of(fields: dict[str, Any]) -> str:
    """What happened, in lower case."""
    return text(fields, "ChangeType").lower()


def whom(fields: dict[str, Any]) -> tuple[str, str]:
    """(the customer's external_userid, the colleague's userid)."""
    return text(fields, "ExternalUserID")[:64], text(fields, "UserID").lower()[:64]


def at(fields: dict[str, Any], otherwise: datetime) -> datetime:
    """When it happened."""
    told = text(fields, "CreateTime")
    try:
        return datetime.fromtimestamp(int(told), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def command_of(fields: dict[str, Any], account: str, now: datetime) -> Command | None:
    """The command an event stands for; None for one that changes nothing here, or is not complete."""
    customer, colleague = whom(fields)
    kind, when = kind_of(fields), min(at(fields, now), now)
    if not (customer and colleague):
        return None
    if kind in ADDED:
        return ContactAdded(account=account, native_id=customer, userid=colleague, at=when,
                            mark=text(fields, "State")[:30])  # fmt: skip
    if kind in _ENDED:
        return ContactEnded.model_validate({"account": account, "native_id": customer, "userid": colleague,
                                            "by": _ENDED[kind], "at": when})  # fmt: skip
    if kind == "transfer_fail":
        outcome = _REFUSED.get(text(fields, "FailReason").lower(), "refused")
        return TransferRefused.model_validate({"account": account, "native_id": customer, "to_userid": colleague,
                                               "outcome": outcome})  # fmt: skip
    return None
