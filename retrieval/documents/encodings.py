"""Bytes of old and new programs as text."""

from __future__ import annotations

import re

from retrieval.documents.kinds import wide_encoding
from retrieval.documents.model import Unreadable

_DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.I)
_BIG5 = re.compile("[的一是在不了有和人這中為上個國我以要他時來用們到說於你會對]")
_GBK = re.compile("[的一是在不了有和人这中为上个国我以要他时来用们到说于你会对]")


def decode(data: bytes, *, declared: str = "") -> str:
    """Text with `\\n` line ends. Raises Unreadable when no encoding fits."""
    for encoding in _candidates(data, declared):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise Unreadable("encoding", "neither UTF-8 nor GB 18030 text, nor UTF-16, Big5 or Windows-1252")


def declared_in(html: bytes) -> str:
    """The encoding a page names for itself, empty if none."""
    found = _DECLARED.search(html[:4096])
    return found[1].decode("ascii").lower() if found else ""


def _candidates(data: bytes, declared: str) -> list[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and len(data) % 2 == 0:
        return ["utf-16"]
    if wide := wide_encoding(data):
        return [wide]
    named = [{"gb2312": "gb18030", "gbk": "gb18030"}.get(declared, declared)] if declared else []
    return ["utf-8-sig", *named, *_chinese(data), *_western(data)]


def _chinese(data: bytes) -> list[str]:
    """GB 18030 reads nearly all of Big5, as rare characters: the one with more common words goes first."""
    counts = [
        len(words.findall(data.decode(encoding, "ignore")))
        for encoding, words in (("gb18030", _GBK), ("big5", _BIG5))
    ]
    return ["big5", "gb18030"] if counts[1] > 2 * counts[0] + 2 else ["gb18030", "big5"]


def _western(data: bytes) -> list[str]:
    """Windows-1252 reads any bytes, so that it takes mostly plain letters to be believed."""
    return ["cp1252"] if sum(byte < 128 for byte in data) > 0.85 * len(data) else []
