"""Whose words stand where in a message: the speaker's own, or what he quotes or passes on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..normalize import MAX_CHARS, normalise

# A pair of marks around more than a word or two.
_PAIRED = re.compile(
    r"「[^」]{8,}」?|『[^』]{8,}』?|“[^”]{8,}”?|\"[^\"]{8,}\"|《[^》]{8,}》|«[^»]{8,}»|```.+?(?:```|$)", re.S
)
# What follows is what somebody else said, to the end of the message.
_SAID = re.compile(
    r"(?:说|讲|问|回|回复|发来|发的|发我|消息|微信|短信|原话|留言|转发|语音|邮件|评论|聊天记录|says?|said|wrote|writes|"
    r"asks?|asked|replied|messages?|texted|sent|forwarded|email|quote)(?:了|道|的|过)?"
    r"[^\n,。.!?:：]{0,12}(?<!\d)[:：]\s*(?=\S)", re.I,
)  # fmt: skip
_FORWARDED = re.compile(
    r"^\W{0,5}(?:转发|以下是|聊天记录|原始邮件|forwarded|begin forwarded|original message|fwd?:)[^\n]*\n", re.I | re.M
)
_LINE = re.compile(r"^[>》|].*$", re.M)
_SPACE = re.compile(r"\s")


def quoted(text: str) -> list[tuple[int, int]]:
    """Where others speak in a message, in order and without overlaps."""
    text = text[:MAX_CHARS]
    found = [(m.start(), m.end()) for pattern in (_PAIRED, _LINE) for m in pattern.finditer(text)]
    for pattern in (_SAID, _FORWARDED):
        if match := pattern.search(text):
            found.append((match.end(), len(text)))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@dataclass(frozen=True)
class Place:
    """Where words stand in a message; `own`: the speaker said them himself."""

    start: int
    end: int
    own: bool


class Said:
    """A message in which words are looked up, whatever their width, case and spacing."""

    def __init__(self, text: str) -> None:
        self.text = text[:MAX_CHARS]
        self.quotes = quoted(self.text)
        self._key, self._at = _squeezed(self.text)

    def find(self, words: str) -> Place | None:
        """The first place of these words, one of the speaker's own if there is one; None when nobody said them."""
        wanted = _squeezed(words)[0]
        first: Place | None = None
        at = self._key.find(wanted) if wanted else -1
        while at >= 0:
            start, end = self._at[at], self._at[at + len(wanted) - 1] + 1
            if self._inside(start, end):
                at = self._key.find(wanted, at + 1)
                continue
            own = not any(s < end and start < e for s, e in self.quotes)
            if own:
                return Place(start, end, True)
            first = first or Place(start, end, False)
            at = self._key.find(wanted, at + 1)
        return first

    def _inside(self, start: int, end: int) -> bool:
        """Whether it is only a piece of a longer number or Latin word: the 8000 of 13800138000."""
        edges = ((start - 1, start), (end - 1, end))
        pairs = [self.text[a] + self.text[b] for a, b in edges if a >= 0 and b < len(self.text)]
        return any(pair.isascii() and (pair.isdigit() or pair.isalpha()) for pair in pairs)

    @property
    def own(self) -> str:
        """The message without what it quotes."""
        out, last = [], 0
        for start, end in self.quotes:
            out.append(self.text[last:start])
            last = end
        return " ".join([*out, self.text[last:]]).strip()


def _squeezed(text: str) -> tuple[str, list[int]]:
    """The characters that count, each with its place: without blanks, in one width and case."""
    kept = [(c.lower(), i) for i, c in enumerate(normalise(text)) if not _SPACE.match(c)]
    kept = [(c, i) for c, i in kept if len(c) == 1]
    return "".join(c for c, _ in kept), [i for _, i in kept]
