"""What is accepted was sealed by the platform for us; anything else is refused, however it is damaged."""

from __future__ import annotations

import base64
import random
import secrets

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.channels.wecom.crypto import CallbackCrypto, Rejected, Signed, read_key, signature_of, unpad
from crm_core.kernel.errors import ConfigError
from tests.support.fakes.wecom_callback import AES_KEY, CORP, TOKEN

CRYPTO = CallbackCrypto(TOKEN, AES_KEY, CORP)
INSTANT, NONCE = "1763800000", "1372623149"


def sealed(plain: bytes) -> str:
    """Whole blocks, encrypted as they are."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = read_key(AES_KEY)
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(plain) + sealer.finalize()).decode()


def padded(plain: bytes) -> bytes:
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


def framed(
    message: bytes, receiver: bytes = CORP.encode(), length: int | None = None, start: bytes | None = None
) -> bytes:
    size = len(message) if length is None else length
    return (start or secrets.token_bytes(16)) + size.to_bytes(4, "big") + message + receiver


def signed(encrypted: str, timestamp: str = INSTANT, nonce: str = NONCE, token: str = TOKEN) -> Signed:
    return Signed(signature_of(token, timestamp, nonce, encrypted), timestamp, nonce, encrypted)


@given(st.text(max_size=300))
def test_opens_what_wechatpy_seals(words: str) -> None:
    from wechatpy.enterprise.crypto import PrpCrypto

    encrypted = PrpCrypto(read_key(AES_KEY)).encrypt(words, CORP).decode()
    assert CRYPTO.open(signed(encrypted)) == words.encode()


@pytest.mark.parametrize(
    "plain",
    [
        padded(framed(b"<xml/>", b"ww-another-corp")),
        padded(framed(b"<xml/>", b"")),
        padded(framed(b"<xml/>", CORP.encode() + b"x")),
        padded(framed(b"<xml/>", length=5)),
        padded(framed(b"<xml/>", length=7)),
        padded(framed(b"<xml/>", length=2**32 - 1)),
        padded(b"short"),
        padded(b""),
        framed(b"x" * 26),
        framed(b"x" * 25) + b"\x00",
        framed(b"x" * 25) + b"\x21",
        framed(b"x" * 24) + b"\x01\x02",
    ],
    ids=["another corp", "no corp", "longer corp", "shorter", "longer", "huge", "no length", "only padding", "no padding",
         "padding 0", "padding 33", "mixed padding"],
)  # fmt: skip
def test_signed_junk_is_refused(plain: bytes) -> None:
    with pytest.raises(Rejected):
        CRYPTO.open(signed(sealed(plain[: len(plain) // 16 * 16])))


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "=",
        "====",
        "AAAA",
        "A" * 43,
        "ä" * 44,
        " " * 44,
        "A" * 42 + "==",
        "\n".join(["A" * 22] * 2),
        "A" * 64,
    ],
)
def test_what_is_no_ciphertext_is_refused(encrypted: str) -> None:
    with pytest.raises(Rejected):
        CRYPTO.open(signed(encrypted))


def test_another_spelling_of_a_ciphertext_is_refused() -> None:
    # The last character before the padding carries bits that decode to nothing.
    good = sealed(padded(framed(b"<xml>1</xml>")))
    assert good.endswith("=")
    stem = good.rstrip("=")
    others = [
        stem[:-1] + c + "=" * (len(good) - len(stem)) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
    ]
    same = [one for one in others if one != good and base64.b64decode(one) == base64.b64decode(good)]
    assert same
    for one in same:
        with pytest.raises(Rejected):
            CRYPTO.open(signed(one))


@pytest.mark.parametrize(
    "call",
    [
        Signed("", INSTANT, NONCE, "x"),
        Signed("é" * 40, INSTANT, NONCE, "x"),
        Signed(signature_of(TOKEN, INSTANT, NONCE, "x").upper(), INSTANT, NONCE, "x"),
        signed("x", token="another"),
        signed("x", timestamp="176380000"),
        signed("x", timestamp="１７６３８０００００"),
        signed("x", nonce=""),
        signed("x", nonce="1" * 64),
        signed("x", nonce="1 2"),
        signed("Ä" * 44),
    ],
)
def test_signature_of_another_form_is_none(call: Signed) -> None:
    assert not CRYPTO.verified(call)


def test_ends_of_parts_cannot_be_moved() -> None:
    """The digest does not tell where one part ends; a call with another border verifies here and there, and opens
    nowhere.
    """
    nonce, verified, chance = "9999999999", 0, random.Random(1)
    for _ in range(20):
        # The sender chose what follows a border: another length, and other words.
        words = b"<xml>" + b"\x00\x00\x00\x06<xml/>" * 40 + b"</xml>"
        encrypted = sealed(padded(framed(words, start=chance.randbytes(16))))
        signature = signature_of(TOKEN, INSTANT, nonce, encrypted)
        for count in range(1, len(encrypted)):
            moved = Signed(signature, INSTANT, nonce + encrypted[:count], encrypted[count:])
            verified += CRYPTO.verified(moved)
            with pytest.raises(Rejected):
                CRYPTO.open(moved)
    assert verified > 20


@given(st.data())
def test_every_changed_character_is_noticed(data: st.DataObject) -> None:
    good = signed(sealed(padded(framed(b"<xml><A>1</A></xml>"))))
    field = data.draw(st.sampled_from(["signature", "timestamp", "nonce", "encrypted"]))
    value = getattr(good, field)
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters())
    assume(other != value[at])
    changed = Signed(**{**vars(good), field: value[:at] + other + value[at + 1 :]})
    with pytest.raises(Rejected):
        CRYPTO.open(changed)


@given(st.binary(max_size=200))
def test_padding_is_taken_off_only_where_it_is_right(plain: bytes) -> None:
    assert unpad(padded(plain)) == plain


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "ä" * 43, "a" * 42 + " "])
def test_key_that_is_none_stops_the_start(key: str) -> None:
    with pytest.raises(ConfigError, match="WECOM_AES_KEY"):
        CallbackCrypto(TOKEN, key, CORP)
