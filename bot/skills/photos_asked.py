"""A picture of a part: it is not read by itself, and that is said; a technician looks at it when one asks."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.base import PRIMARY, button
from bot.conversation.gate import perform
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.tasks.messages import AskColleague

# 这是什么件, 这个能换吗, 型号多少; what part is this, do you have this one.
_ASKS = re.compile(
    r"配件|零件|备件|什么件|啥件|哪个件|这个件|这件|型号|件号|零件号|哪里坏|坏了|能换|要换|能装|适不适合|能用吗|有货|有没有"
    r"|是(?:什么|啥)|什么(?:东西|灯|故障)|多少钱|认识|认得|帮.{0,3}看"
    r"|\b(?:part|spare|what(?:'s| is) (?:this|that|it)|which one)\b"
    r"|\b(?:part number|broken|worn|replace|fit|in stock|do you have|how much)\b",
    re.I,
)
_NUMBERED = ("oe", "vin", "plate")


def asks_about_part(talk: Talk, said: str) -> bool:
    """Whether the words below a picture ask about what is on it."""
    return bool(said) and (_ASKS.search(said) is not None or bool(_codes(talk, said)))


def names_a_number(talk: Talk, said: str) -> bool:
    """Whether they name a part number, or a part and its car: that can be answered from the catalogue."""
    kinds = _codes(talk, said)
    return "oe" in kinds or ("part" in kinds and bool(kinds & {"vin", "plate"}))


def _codes(talk: Talk, said: str) -> set[str]:
    return {one.kind for one in talk.brain.parts_said(said, talk.actor, talk.now)}


def ask_button(talk: Talk, image_id: str, said: str, token: str = "") -> Button:
    """[问技术], with the picture and the words."""
    return button(talk.voice, "ask_technician", "photo.ask", PRIMARY, image=image_id, says=said[:1000], t=token)


def tell_unread(talk: Talk, image_id: str, said: str, token: str = "") -> None:
    """Nobody is told what a picture shows: a number is asked for, or a technician."""
    talk.say("photo.not_read", ask_button(talk, image_id, said, token))


@verb("photo.ask")
def press_ask(talk: Talk, params: dict[str, Any]) -> None:
    """A technician gets the picture with the question; the answer comes back here."""
    if params.get("t"):
        talk.memory.settle(str(params["t"]), talk.voice.say("press.over"))
    question = str(params.get("says") or "") or talk.voice.say("photo.question")
    mine = talk.actor.customer_id if not talk.is_staff else talk.focused("customer")
    perform(talk, AskColleague(question=question, role="tech", customer_id=mine, image_id=str(params["image"])))
