"""What people wrote stays words: messengers make links, mentions and commands of anything that looks like one.

A word joiner, which nobody sees, keeps an address from being one. It goes when the words come back to us.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.ports import Card, Field

JOINER = "\u2060"
# Addresses the platform made for us, which are there to be opened.
_OURS = ("https://work.weixin.qq.com/", "https://wework.qpic.cn/", "https://wx.work.weixin.qq.com/")
_DOT = re.compile(r"(?<=[0-9A-Za-z\u4e00-\u9fff-])([.．｡])(?=[A-Za-z\u4e00-\u9fff]{2})")
_SCHEME = re.compile(r":(?=//)")
_MARK = re.compile(r"(?<![\w/])([/#@])(?=\w)|(@)(?=\w)")
_WORD = re.compile(r"\S+")


def plainly(text: str) -> str:
    """The same words, none of which is an address, a mention, a tag or a command."""
    if not any(sign in text for sign in ".@/#．｡"):
        return text
    return _WORD.sub(lambda found: found[0] if found[0].startswith(_OURS) else _parted(found[0]), text)


def _parted(word: str) -> str:
    word = _DOT.sub(rf"\1{JOINER}", _SCHEME.sub(f":{JOINER}", word))
    return _MARK.sub(lambda found: found[0] + JOINER, word)


def plain_card(card: Card) -> Card:
    """A card whose title and lines are words only; its note and sources are ours."""
    return replace(card, title=plainly(card.title), fields=tuple(map(_field, card.fields)))


def _field(field: Field) -> Field:
    was = plainly(field.was) if field.was else field.was
    words = plainly(field.words) if field.words else field.words
    return replace(field, k=plainly(field.k), v=plainly(field.v), was=was, words=words)
