"""Files people send to the AI bot: fetched within minutes, each under a key of its own."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

from bot.ports import Media
from crm_core.kernel.errors import Invalid

MAX_BYTES = 20 * 1024 * 1024
SECONDS = 15.0
# The platform keeps them in its own storage and, as other firms do, in its cloud.
HOSTS = (".weixin.qq.com", ".myqcloud.com", ".qpic.cn")
_BLOCK = 32


def fetch(media: Media) -> bytes:
    """The clear bytes. Raises Invalid when the file is gone, too large, or not what it says."""
    import httpx

    place = json.loads(media.ref)
    if not _may_fetch(place["url"]):
        raise Invalid("file", "error.file_gone")
    found = bytearray()
    try:
        with httpx.stream("GET", place["url"], timeout=SECONDS, follow_redirects=False) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                found += part
                if len(found) > MAX_BYTES:
                    raise Invalid("file", "error.file_too_large")
    except httpx.HTTPError as error:
        raise Invalid("file", "error.file_gone") from error
    return opened(bytes(found), place["aeskey"]) if place["aeskey"] else bytes(found)


def _may_fetch(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname) and str(parts.hostname).endswith(HOSTS)


def opened(sealed: bytes, key: str) -> bytes:
    """AES-256-CBC under the file's own key, its first half the start value, padded to 32 bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        raw = base64.b64decode(key + "=" * (-len(key) % 4))
        decryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor()
        clear = decryptor.update(sealed) + decryptor.finalize()
        pad = clear[-1]
    except (ValueError, IndexError) as error:
        raise Invalid("file", "error.file_gone") from error
    if not 1 <= pad <= _BLOCK or clear[-pad:] != bytes([pad]) * pad:
        raise Invalid("file", "error.file_gone")
    return clear[:-pad]
