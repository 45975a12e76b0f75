"""From a pushed kind to a message. Whatever was pushed, the card shows the record as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Importing a module of cards registers what it draws.
from bot.cards import (  # noqa: F401
    absences,
    accounts,
    appointments,
    approvals,
    briefs,
    contacts,
    customers,
    deals,
    delivery,
    desk,
    digests,
    fitment,
    followups,
    groups,
    handovers,
    leads,
    learning,
    orders,
    part_answers,
    privacy,
    renewals,
    rights,
    suggestions,
    tasks,
    weekly,
)
from bot.cards.base import Easel, by_kind, by_subject
from bot.ports import Card, Outbound
from bot.texts import Texts, Voice
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, Unavailable

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.look import Look


def draw(
    kind: str, subject: str, params: dict[str, Any], core: Core, actor: Actor, texts: Texts, look: Look | None = None
) -> Outbound:
    """The message for a push: `kind` and `params` as pushed, `subject` such as `lead:ID`.

    A record that is gone, or that the person may not see any more, becomes a card that says so.
    """
    voice = Voice(texts, actor.language, actor.zone, core.now())
    concept, _, record_id = subject.partition(":")
    drawer = by_kind.get(kind) or by_subject.get(concept)
    if drawer is None:
        return _notice(kind, subject, params, voice)
    try:
        return drawer(Easel(core, actor, voice, look), record_id, {**params, "kind": kind})
    except Unavailable:
        raise
    except ChexinError:
        return _gone(kind, subject, params, voice)


def _notice(kind: str, subject: str, params: dict[str, Any], voice: Voice) -> Outbound:
    """A push that is only a text: `push.<kind>.text` with its parameters."""
    text = voice.maybe(f"push.{kind}.text", **voice.plain(params)) or str(params.get("text", ""))
    title = voice.maybe(f"push.{kind}.title", **voice.plain(params))
    if title:
        return Outbound(card=Card(kind=kind, title=title, note=text or None, subject=subject))
    return Outbound(text=text or voice.say("push.other"))


def _gone(kind: str, subject: str, params: dict[str, Any], voice: Voice) -> Outbound:
    title = voice.maybe(f"push.{kind}.gone", **voice.plain(params)) or voice.say("card.gone")
    return Outbound(card=Card(kind=kind, title=title, status=voice.say("status.gone"),
                              tone="done", subject=subject))  # fmt: skip
