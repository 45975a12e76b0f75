"""Each person reads his own language; he changes it with a word."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.org.messages import SetLanguage

_ENGLISH = re.compile(r"^\s*(说|讲|用|换成?|切换到?|改成?)?\s*(英文|英语|english)(吧|please|,? ?please)?\s*[.!。!]?\s*$|"
                      r"^\s*(speak |switch to |in )?english,?( please)?\s*[.!]?\s*$", re.I)  # fmt: skip
_CHINESE = re.compile(r"^\s*(请)?(说|讲|用|换成?|切换到?|改成?)?\s*(中文|汉语|普通话)吧?\s*[.!。!]?\s*$|"
                      r"^\s*(speak |switch to |in )?chinese,?( please)?\s*[.!]?\s*$", re.I)  # fmt: skip


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
