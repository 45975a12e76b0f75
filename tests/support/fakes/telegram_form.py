"""How the Bot API reads a call: form or multipart, and the HTML it knows, held to Telegram's limits."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from aiohttp import web

MOST = {"text": 4096, "caption": 1024}
TAGS = ("b", "i", "s", "u", "code", "pre", "a", "blockquote")
_TAG = re.compile(r"<(/?)([a-z]+)(\s[^<>]*)?>")
_LOOSE = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)", re.IGNORECASE)


class BadCall(Exception):
    """A call that is refused."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


async def read_call(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The values of a call, and its files by their names."""
    values: dict[str, Any] = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "application/json":
        return values | (await request.json()), files
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            values[name] = value
    return values, files


def shown_text(values: dict[str, Any], name: str) -> str:
    """What is to be read of a text in HTML. Raises BadCall where Telegram would refuse it."""
    given = str(values.get(name) or "")
    text = plain(given) if values.get("parse_mode") == "HTML" else given
    if name == "text" and not text.strip():
        raise BadCall(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > MOST[name]:
        raise BadCall(400, f"Bad Request: {'message' if name == 'text' else 'message caption'} is too long")
    return text.strip()


def plain(html: str) -> str:
    """HTML without its tags, which are known and closed in order. Raises BadCall otherwise."""
    stack: list[str] = []
    for closing, tag, _ in _TAG.findall(html):
        if tag not in TAGS or (closing and (not stack or stack.pop() != tag)):
            raise BadCall(400, f"Bad Request: can't parse entities: Unsupported start tag \"{tag}\"")
        if not closing:
            stack.append(tag)
    bare = _TAG.sub("", html)
    if stack or "<" in bare or _LOOSE.search(bare):
        raise BadCall(400, "Bad Request: can't parse entities")
    return unescape(bare)
