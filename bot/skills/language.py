"""Each person reads his own language; he changes it with a word."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.org.messages import SetLanguage

# 能说英文吗, 请切换到英文; please speak Chinese, can we switch to English?
_ASKED_ZH = r"(?:请|麻烦|可以|能|能不能|可不可以|我想|我要|帮我)?(?:说|讲|用|换成?|切换[到成]?|改[成用]?|转成?)?"
_ASKED_EN = (r"(?:please,? |can you |could you |can we |i want to |i'd like to )?"
             r"(?:please )?(?:speak |use |switch (?:to |back to )|change (?:language )?to |answer in |in )?")  # fmt: skip
_ENDED = r"(?:吧|回复|回答|吗|可以吗|,? ?please)?\s*[.!?。!?！？]*\s*$"


def _asks_for(words: str) -> re.Pattern[str]:
    """A message that asks for a language and says nothing else."""
    return re.compile(rf"^\s*(?:{_ASKED_ZH}|{_ASKED_EN})(?:{words}){_ENDED}", re.I)


_ENGLISH = _asks_for("英文|英语|english")
_CHINESE = _asks_for("中文|汉语|普通话|chinese|mandarin")


def wanted(text: str) -> str | None:
    """The language a message asks for and nothing else; None for any other message."""
    if len(text) > 40:
        return None
    return "en" if _ENGLISH.match(text) else "zh" if _CHINESE.match(text) else None


def switch(talk: Talk, language: str) -> None:
    """From now on in this language."""
    talk.do(SetLanguage(language=language))
    talk.actor = replace(talk.actor, language=language)
    talk.voice = replace(talk.voice, lang=language)
    talk.say("language.switched")


def ask_language(talk: Talk) -> None:
    """Welcome somebody who was just let in, with the other language one press away."""
    label, other = ("English", "en") if talk.voice.lang == "zh" else ("中文", "zh")
    talk.say("reception.connected", Button(label, "language.set", {"language": other}), name=talk.actor.name)


@verb("language.set")
def press_language(talk: Talk, params: dict[str, Any]) -> None:
    """By a button."""
    switch(talk, str(params["language"]))
