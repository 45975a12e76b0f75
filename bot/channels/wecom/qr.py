"""The picture of a contact code, from where the platform keeps it."""

from __future__ import annotations

from bot.outbound import Blocked, fetch

SECONDS = 8.0
MAX_BYTES = 2 * 1024 * 1024
TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


def picture_at(link: str, own: str = "") -> tuple[str, bytes] | None:
    """(type, content) of a JPEG or PNG at a public http(s) address, or one of the origin `own`; None when there is none.

    Blocks for seconds.
    """
    try:
        content = fetch(link, own=own, limit=MAX_BYTES, seconds=SECONDS)
    except (Blocked, OSError):
        return None
    mime = next((mime for magic, mime in TYPES.items() if content.startswith(magic)), None)
    return (mime, content) if mime is not None else None
