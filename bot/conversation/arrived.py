"""Signs that a message has arrived: its button is pressed, or somebody names its reference."""

from __future__ import annotations

from bot.conversation.talk import Talk
from crm_core.chat.service import LiveAction
from crm_core.kernel.outbox import LOCAL_ACCOUNTS, account_of
from crm_core.kernel.refs import find_refs, ref_of, without_refs


def pressed(talk: Talk, action: LiveAction, provider_id: str = "") -> None:
    """Whoever presses a button has its message. What is kept in our own threads was never in doubt.

    `provider_id` is the platform's name of the message, where the press tells it.
    """
    if account_of(action.chat) not in LOCAL_ACCOUNTS:
        talk.core.chats.arrived(talk.actor.id, talk.now, key=action.message_key, provider_id=provider_id or None)


def named(talk: Talk, said: str) -> str:
    """The words without references such as `#A17-2` to this person's messages, which have arrived then.

    Nothing but a reference is answered at once, and empty is returned.
    """
    own = [found for found in find_refs(said) if talk.core.outbox.is_to(talk.actor.id, found)]
    if not own:
        return said
    for outbox_id in own:
        talk.core.chats.arrived(talk.actor.id, talk.now, outbox_id=outbox_id)
    rest = without_refs(said)
    if not rest:
        talk.say("delivery.noted", ref=ref_of(own[0]))
    return rest
