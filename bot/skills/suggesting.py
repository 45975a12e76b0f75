"""话术: what one may write to a customer. It is offered, changed or taken; nothing leaves without the colleague."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.suggestions import Offer, suggestions_card
from bot.conversation.gate import Need, Step, pass_through, skill
from bot.conversation.pending import Draft
from bot.conversation.people import PRONOUNS, customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Outbound
from bot.skills.replies import Replies, replies
from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.kernel.errors import NotFound
from crm_core.outreach.messages import CustomerReach, ReachView

AT_ONCE = 3
# What is left of the question around the customer's words.
_AROUND = re.compile(
    r"^(?:says?|said|that|to)\s+|[\s,，。.?？!！\"“”「」]+$|[\s,，。]*(?:那|这|我|该|应该?|要|得|的客户|的人)+$", re.I
)
SHOWN_SAID = 300


@skill("suggest_reply")
def suggest_reply(talk: Talk, draft: Draft) -> Step:
    """For the customer named or spoken about, else for anybody who says such a thing."""
    words = draft.text("person").strip().lower()
    named = bool(words) and words not in PRONOUNS
    if named or "person" in draft.chosen:
        who = customer(talk, draft)
        if isinstance(who, Need):
            return who
    else:
        who = talk.focused("customer")
    if who is None and not draft.text("text"):
        return Need("person", "person")
    offer(talk, who or "", said=_said(draft.text("text"))[:SHOWN_SAID])
    return None


def _said(words: str) -> str:
    """The customer's words out of a question about them: `太贵了,我该` are 太贵了."""
    while (shorter := _AROUND.sub("", words).strip(' "“”「」')) != words:
        words = shorter
    return words


@verb("suggest.show")
def press_show(talk: Talk, params: dict[str, Any]) -> None:
    """From a customer's card or message, or for others than were shown."""
    offer(talk, str(params.get("customer") or ""), said=str(params.get("said") or ""), kind=str(params.get("kind") or ""),
          start=int(params.get("start") or 0), task=str(params.get("task") or ""))  # fmt: skip


def offer(talk: Talk, customer_id: str, *, said: str = "", kind: str = "", start: int = 0, task: str = "") -> None:
    """Two or three texts with their sources; pressed on, the next ones, and after the last the first again."""
    found = replies(talk, customer_id, said, kind)
    view: CustomerView | None = talk.ask(CustomerCard(customer_id=customer_id)) if customer_id else None
    if view is not None:
        talk.about("customer", view.id, view.name)
    first = start if start < len(found.found) else 0
    shown = found.found[first : first + AT_ONCE]
    again = {"said": found.view.said[:SHOWN_SAID], "kind": "" if found.view.heard else found.view.kind,
             "start": first + AT_ONCE} if len(found.found) > AT_ONCE else None  # fmt: skip
    reach = _reach(talk, customer_id)
    talk.show(suggestions_card(talk.voice, Offer(
        shown, found.view.title, customer_id, view.name if view else "", found.view.said[:SHOWN_SAID], task,
        sendable=reach is not None and not reach.problem, note=_note(talk, reach, found), again=again,
    )))  # fmt: skip


def _reach(talk: Talk, customer_id: str) -> ReachView | None:
    """None for nobody, and for a customer somebody else looks after."""
    try:
        view: ReachView | None = talk.ask(CustomerReach(customer_id=customer_id)) if customer_id else None
    except NotFound:
        return None
    return view


def _note(talk: Talk, reach: ReachView | None, found: Replies) -> str:
    """Why he cannot be written to or when it will reach him, and what the house teaches."""
    said = []
    if reach is not None and (reach.problem or reach.waits):
        said.append(talk.voice.say(f"outreach.{reach.problem or 'waits'}"))
    if found.advice is not None:
        text, source = found.advice
        said.append(talk.voice.say("suggest_reply.advice", text=text, source=source.title))
    return "\n".join(said)


@verb("suggest.send")
def press_send(talk: Talk, params: dict[str, Any]) -> None:
    """One of the texts: shown once more as he will get it, and sent when confirmed."""
    text = str(params["text"])
    _write(talk, params, {"text": {"value": text, "words": ""}})


@verb("suggest.own")
def press_own(talk: Talk, params: dict[str, Any]) -> None:
    """The next sentence is what to write."""
    _write(talk, params, {})


def _write(talk: Talk, params: dict[str, Any], slots: dict[str, dict[str, Any]]) -> None:
    chosen = {"person": str(params["customer"])}
    if params.get("task"):
        chosen["task"] = str(params["task"])
    pass_through(talk, Draft("send_message", slots, chosen))


@verb("suggest.copy")
def press_copy(talk: Talk, params: dict[str, Any]) -> None:
    """The text alone, to be copied or forwarded from the phone."""
    talk.replies.append(Outbound(text=str(params["text"])))
