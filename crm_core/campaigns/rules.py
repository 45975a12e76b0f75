"""What WeChat contacts mean here, as policy."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from crm_core.followups.values import Text


class ContactPolicy(BaseModel):
    """`contacts.yaml`. `tags`: our tag and the id of the corp's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tags: dict[str, str] = {}
    lead_from_contact: bool = True
    skip_verify: bool = True
    transfer_message: Text


POLICIES = [("contacts", ContactPolicy)]


def ours(policy: ContactPolicy, corp_tags: Iterable[str]) -> set[str]:
    """Our tags for some of the corp's; those without a counterpart are none."""
    told = set(corp_tags)
    return {tag for tag, corp in policy.tags.items() if corp in told}


def theirs(policy: ContactPolicy, tags: Iterable[str]) -> list[str]:
    """The corp's tags for some of ours."""
    return sorted({policy.tags[tag] for tag in tags if tag in policy.tags})
