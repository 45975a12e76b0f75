"""Pictures and voice notes: kept once, under whoever sent them; what cannot be read is said politely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from bot.conversation.brain import Rooms
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.tables import Blob
from tests.reception.conftest import Hall

STAFF = "telegram:7"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def blobs(hall: Hall) -> list[Blob]:
    with hall.core.database.read() as session:
        return list(session.execute(select(Blob)).scalars())


def send(hall: Hall, kind: str, ref: str = "f1") -> list[str]:
    return hall.happens(STAFF, "media", "100", media=[{"kind": kind, "ref": ref}])


def test_a_picture_is_kept_once_as_his(hall: Hall) -> None:
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    hall.lines[STAFF].files["f1"] = PICTURE
    arrival = hall.arrive(STAFF, "media", "100", media=[{"kind": "image", "ref": "f1"}])
    hall.reception.process(arrival)
    hall.reception.process(arrival)
    (blob,) = blobs(hall)
    assert (blob.mime, blob.person_id) == ("image/png", hall.id("rep1"))
    assert len(hall.said("telegram:7:100")) == 1


@pytest.mark.parametrize(("kind", "content", "said"), [
    ("image", b"<svg/>", "图片"), ("file", PICTURE, "文件"), ("voice", b"OggS", "语音"), ("image", None, ""),
])  # fmt: skip
def test_what_cannot_be_read_is_said(hall: Hall, kind: str, content: bytes | None, said: str) -> None:
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    if content is not None:
        hall.lines[STAFF].files["f1"] = content
    (answer,) = send(hall, kind)
    assert said in answer


@dataclass
class Ears:
    """Hears what it was told to."""

    words: str

    def transcribe(self, content: bytes, mime: str, language: str) -> str:
        assert content == b"OggS"
        assert language == "zh"
        return self.words


@pytest.fixture
def listening(core: Core, clock: FixedClock) -> Iterator[Hall]:
    brain = Rooms(core)
    house = Hall(core, clock)
    house.build()
    yield house.open(brain, Ears("张伟13800138000想看迈腾"))
    brain.close()


def test_what_was_said_is_repeated_and_confirmed_before_it_is_done(listening: Hall) -> None:
    hall = listening
    hall.bind("rep1", "100")
    hall.said("telegram:7:100")
    hall.lines[STAFF].files["f1"] = b"OggS"
    heard, card = send(hall, "voice")
    assert "我听到的是：张伟13800138000想看迈腾" in heard
    assert "对吗" in card
    from crm_core.leads.tables import Lead

    assert hall.rows(Lead) == []
    hall.reception._attachments._transcriber.words = "  "
    assert "没听清" in send(hall, "voice")[0]
