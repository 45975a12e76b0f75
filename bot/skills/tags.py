"""Tags on customers; those the corp knows, too, are put on them in WeChat."""

from __future__ import annotations

import re

from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.talk import Talk
from crm_core.campaigns.messages import TagCustomer
from crm_core.kernel.registry import Result

# 加个置换的标签: neither the count nor 的 is part of the tag.
_AROUND = re.compile(r"^(?:一个|个|一下)|的$")


@skill("tag_customer", tier=Tier.OWN)
def tag_customer(talk: Talk, draft: Draft) -> Step:
    """One tag, on or off."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    tag = _AROUND.sub("", draft.text("text").strip(" \u201c\u201d\"'「」：:"))[:30]
    if not tag:
        return Need("text", "tag")
    off = draft.text("choice") == "no"
    return Act(TagCustomer(customer_id=who, add=() if off else (tag,), remove=(tag,) if off else ()))


@after(TagCustomer)
def tagged(talk: Talk, command: TagCustomer, result: Result, draft: Draft | None) -> None:
    """What he has now; nothing is said to have changed that has not."""
    (tag,) = command.add or command.remove
    if result.undo_id is None:
        key = "customer.tag_there" if command.add else "customer.tag_not_there"
    else:
        key = "customer.tagged" if command.add else "customer.untagged"
    talk.say(key, *talk.take_back(result.undo_id), name=talk.memory.focus_name(talk.now) or "", tag=tag)
