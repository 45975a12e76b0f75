"""Personal data at rest: authenticated encryption bound to its cell, and keyed blind indexes.

AES-256-GCM; the associated data is `table.column.row_id`, so a value moved to another row does not open.
Blind indexes are HMAC-SHA256 under a separate key, 16 bytes as hex: equality can be asked, nothing read.
Every sealed value names its key, so that a deployment can change its key while it works (`rotate.py`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crm_core.kernel.errors import ConfigError

DIGEST_CELL = "meta.value.digest_key"
_NONCE = 12
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[\s-]?)?1[3-9]\d(?:[\s\-.]?\d{4}){2}(?![0-9A-Za-z])")
_VIN = re.compile(
    r"(?<![0-9A-Za-z])(?=\w*[A-Za-z])(?=\w*\d\w*\d)[0-9A-HJ-NPR-Za-hj-npr-z]{17}(?![0-9A-Za-z])"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][\s·.]?[0-9A-Za-z]{5,6}(?![0-9A-Za-z])"
)


class Cipher:
    """Seals and opens values, and makes blind indexes, from one secret key.

    `others` are keys that some values may still be under: they open, and they never seal.
    """

    def __init__(self, secret: str, others: Sequence[str] = ()) -> None:
        self._key = _Key(secret)
        self._keys = {self._key.id: self._key} | {key.id: key for key in map(_Key, others)}
        self._digests = self._key.indexing
        self.key_id = self._key.id
        self.prefix = f"v1:{self.key_id}:"

    def seal(self, cell: str, text: str) -> str:
        """Encrypt `text` for the cell `table.column.row_id`."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._key.aead.encrypt(nonce, text.encode(), cell.encode())
        return self.prefix + base64.b64encode(sealed).decode()

    def open(self, cell: str, sealed: str) -> str:
        """Decrypt. Raises ConfigError under a wrong key, ValueError when the cell was tampered with."""
        version, key_id, body = sealed.split(":", 2)
        return self._opened(cell, version, key_id, base64.b64decode(body)).decode()

    def seal_bytes(self, cell: str, content: bytes) -> bytes:
        """`seal` for a file: what it returns is bytes as well."""
        nonce = os.urandom(_NONCE)
        return self.prefix.encode() + nonce + self._key.aead.encrypt(nonce, content, cell.encode())

    def open_bytes(self, cell: str, sealed: bytes) -> bytes:
        """The inverse of `seal_bytes`, with the errors of `open`."""
        version, key_id, raw = sealed.split(b":", 2)
        return self._opened(cell, version.decode(), key_id.decode(), raw)

    def _opened(self, cell: str, version: str, key_id: str, raw: bytes) -> bytes:
        key = self._keys.get(key_id)
        if version != "v1" or key is None:
            raise ConfigError("CHEXIN_SECRET_KEY", f"the data was written with another key ({key_id})")
        try:
            return key.aead.decrypt(raw[:_NONCE], raw[_NONCE:], cell.encode())
        except InvalidTag:
            raise ValueError(f"sealed value does not belong to {cell}") from None

    def knows(self, key_id: str) -> bool:
        """Whether values under the key with this id can be opened."""
        return key_id in self._keys

    # Blind indexes and digests

    def index(self, purpose: str, value: str) -> str:
        """The blind index to write for a normalised value, for one purpose; 32 hex digits."""
        return _keyed(self._key.indexing, purpose, value)

    def indexes(self, purpose: str, value: str) -> tuple[str, ...]:
        """The blind indexes to look for, newest key first: while a key is changed, rows have one or the other."""
        return tuple(_keyed(key.indexing, purpose, value) for key in self._keys.values())

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest that stays the same when the secret key changes, since it cannot be made again: of
        idempotency keys, imported rows, natural keys. 32 hex digits."""
        return _keyed(self._digests, purpose, value)

    def digest_with(self, key_id: str, kept: str | None) -> None:
        """Make digests as the deployment always did: with the key in `kept` (see `kept_digests`), or, when its
        secret key was never changed, with that of the secret key `key_id`."""
        self._digests = bytes.fromhex(self.open(DIGEST_CELL, kept)) if kept else self._keys[key_id].indexing

    def kept_digests(self) -> str:
        """The key digests are made with, sealed under the present secret key, to be kept with the data."""
        return self.seal(DIGEST_CELL, self._digests.hex())

    def sign(self, message: bytes) -> str:
        """A 16-byte keyed digest as hex, for opaque ids and tokens."""
        return _signed(self._key.signing, message)

    def signs(self, message: bytes) -> tuple[str, ...]:
        """`sign` under every known key, the present one last, as serializers that rotate keys want them."""
        return tuple(_signed(key.signing, message) for key in reversed(self._keys.values()))

    # Rows

    def put(self, row: Any, field: str, text: str | None) -> None:
        """Seal `text` into `row.<field>_enc`. The row must have its id already."""
        sealed = None if text is None else self.seal(_cell(row, field), text)
        setattr(row, f"{field}_enc", sealed)

    def get(self, row: Any, field: str) -> str:
        """Open `row.<field>_enc`; empty when nothing is stored."""
        sealed = getattr(row, f"{field}_enc")
        return self.open(_cell(row, field), sealed) if sealed else ""


def _cell(row: Any, field: str) -> str:
    return f"{row.__tablename__}.{field}.{row.id}"


class _Key:
    """What is derived from one secret key."""

    def __init__(self, secret: str) -> None:
        master = secret.encode()
        self.id = hashlib.sha256(b"chexin/key-id" + master).hexdigest()[:8]
        self.aead = AESGCM(_derive(master, b"chexin/seal"))
        self.indexing = _derive(master, b"chexin/index")
        self.signing = _derive(master, b"chexin/sign")


def _derive(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master)


def _keyed(key: bytes, purpose: str, value: str) -> str:
    return _signed(key, f"{purpose}\0{value}".encode())


def _signed(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256")[:16].hex()


def mask_phone(phone: str) -> str:
    """`13812345678` → `138****5678`; shorter numbers keep their last two digits."""
    if len(phone) >= 11:
        return f"{phone[:-8]}****{phone[-4:]}"
    return "*" * max(len(phone) - 2, 0) + phone[-2:]


def mask_name(name: str) -> str:
    """`王建国` → `王**`, `Daniel Wu` → `D**`: enough to ask about somebody, too little to know him."""
    return f"{name[0]}**" if name else ""


def mask_tail(value: str, keep: int = 4) -> str:
    """Everything but the last `keep` characters hidden."""
    return "*" * max(len(value) - keep, 0) + value[-keep:]


def mask_phones(text: str) -> str:
    """Text that is kept in clear, such as where somebody came from, without the mobile numbers in it."""
    return _MOBILE.sub(lambda found: mask_phone(found[0]), text)


def mask_vehicle(text: str, phone: str = "") -> str:
    """What somebody is interested in, kept in clear: without VINs, plates and his own phone.

    Other numbers stay, since part numbers look like phones.
    """
    text = _VIN.sub(lambda found: mask_tail(found[0]), text)
    text = _PLATE.sub(lambda found: mask_tail(found[0], 2), text)
    return text.replace(phone, mask_phone(phone)) if len(phone) >= 7 else text


def clean_text(text: str) -> str:
    """Drop control and invisible format characters (bidi overrides, zero width) but keep line breaks."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return "".join(kept).strip()
