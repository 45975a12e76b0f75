"""Callbacks are signed and encrypted: what is accepted here came from the platform, unchanged and for this corp.

The signature is a digest of its four parts written one after the other, so one part's end could pass for the
next one's beginning. Each part therefore has a strict form: an instant of ten digits, a nonce shorter than the
64 characters by which a ciphertext could be shortened and still be one, and canonical base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from crm_core.kernel.errors import ConfigError

BLOCK = 32
RANDOM, LENGTH = 16, 4
_INSTANT = re.compile(r"[0-9]{10}", re.ASCII)
_NONCE = re.compile(r"[0-9A-Za-z_-]{1,63}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{40}", re.ASCII)
_AES_KEY = re.compile(r"[0-9A-Za-z+/]{43}", re.ASCII)


class Rejected(Exception):
    """Not from the platform, not for us, or damaged. Whoever sent it is told nothing else."""


@dataclass(frozen=True)
class Signed:
    """The signed parts of a call, as they came."""

    signature: str
    timestamp: str
    nonce: str
    encrypted: str


class CallbackCrypto:
    """Opens what was sealed with a token and an EncodingAESKey for `receiver` (the corp's id)."""

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        """Raises ConfigError for a key that is none."""
        self._token = token
        self._key = read_key(aes_key)
        self._receiver = receiver.encode()

    def verified(self, call: Signed) -> bool:
        """Whether the signature is the platform's; compared in constant time."""
        if not (_INSTANT.fullmatch(call.timestamp) and _NONCE.fullmatch(call.nonce)):
            return False
        if not (_SIGNATURE.fullmatch(call.signature) and call.encrypted.isascii()):
            return False
        own = signature_of(self._token, call.timestamp, call.nonce, call.encrypted)
        return hmac.compare_digest(own, call.signature)

    def open(self, call: Signed) -> bytes:
        """What was sealed. Raises Rejected."""
        if not self.verified(call):
            raise Rejected("signature")
        return self.decrypt(call.encrypted)

    def decrypt(self, encrypted: str) -> bytes:
        """Decrypt and check padding, length and receiver. Raises Rejected."""
        plain = unpad(self._decrypted(_decoded(encrypted)))
        if len(plain) < RANDOM + LENGTH:
            raise Rejected("length")
        length = int.from_bytes(plain[RANDOM : RANDOM + LENGTH], "big")
        content = plain[RANDOM + LENGTH :]
        # Exactly the receiver follows the message, so the length cannot be another one.
        if length > len(content) or not hmac.compare_digest(content[length:], self._receiver):
            raise Rejected("receiver")
        return content[:length]

    def _decrypted(self, sealed: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        opener = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).decryptor()
        return opener.update(sealed) + opener.finalize()


def read_key(aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. Raises ConfigError."""
    if not _AES_KEY.fullmatch(aes_key):
        raise ConfigError("WECOM_AES_KEY", "needs the 43 letters and digits of the app's EncodingAESKey")
    return base64.b64decode(aes_key + "=")


def signature_of(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """The platform's digest over the four values in their order."""
    joined = "".join(sorted((token, timestamp, nonce, encrypted)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def unpad(plain: bytes) -> bytes:
    """Without PKCS#7 padding to blocks of 32. Raises Rejected unless every byte of it is right."""
    count = plain[-1] if plain else 0
    if not 1 <= count <= BLOCK or len(plain) % BLOCK or plain[-count:] != bytes([count]) * count:
        raise Rejected("padding")
    return plain[:-count]


def _decoded(encrypted: str) -> bytes:
    """Canonical base64 of whole blocks; another spelling of the same bytes is refused."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("base64") from None
    if not sealed or len(sealed) % BLOCK or base64.b64encode(sealed).decode() != encrypted:
        raise Rejected("base64")
    return sealed
