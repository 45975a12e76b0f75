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


_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?", re.I)
# Small words that only a sentence of the language has; in English none that is a syllable of pinyin.
_SAYS_ZH = re.compile("[的了吗嗎呢吧我你您是有在想要不没沒能可请請问問多少什怎哪几幾好谢謝这這那给給到和帮幫]")
_SAYS_EN = frozenset(
    "the is are am was were my your our this that these those to for from of on at in with and or it its what how when "
    "where which who why do does did could would will should have has need want like please there about much many i "
    "i'd i'm it's what's when's how's don't doesn't can't any some get know thanks thank".split()
)


def clear_language(text: str) -> str | None:
    """The language a message is surely written in; None for names, numbers, single words and even mixtures."""
    han, words = len(_HAN.findall(text)), _WORD.findall(text.lower())
    small = len(_SAYS_EN.intersection(words))
    if small >= 2 or (small and len(words) >= 3):
        return "en" if len(words) > 2 * han else None
    return "zh" if han >= 3 and han > len(words) and _SAYS_ZH.search(text) else None


def follow(talk: Talk, said: str) -> None:
    """A customer is answered in the language he writes, and written to in it from then on; colleagues choose theirs."""
    language = None if talk.is_staff else clear_language(said)
    if language is not None and language != talk.voice.lang:
        talk.core.execute(SetLanguage(language=language), talk.actor, key=f"{talk.root}:language")
        _speak(talk, language)


def switch(talk: Talk, language: str) -> None:
    """From now on in this language."""
    talk.do(SetLanguage(language=language))
    _speak(talk, language)
    talk.say("language.switched")


def _speak(talk: Talk, language: str) -> None:
    talk.actor = replace(talk.actor, language=language)
    talk.voice = replace(talk.voice, lang=language)


def ask_language(talk: Talk) -> None:
    """Welcome somebody who was just let in, with the other language one press away."""
    label, other = ("English", "en") if talk.voice.lang == "zh" else ("中文", "zh")
    talk.say("reception.connected", Button(label, "language.set", {"language": other}), name=talk.actor.name)


@verb("language.set")
def press_language(talk: Talk, params: dict[str, Any]) -> None:
    """By a button."""
    switch(talk, str(params["language"]))
