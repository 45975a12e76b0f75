"""Files people send: pictures and voice notes are kept, under the person who sent them; documents become drafts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.ports import Media, MediaKind, Transcriber
from bot.reception.files import must_learn, take_file
from bot.reception.guests import Guest
from crm_core.chat.messages import KeepImage, KeepVoice
from crm_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from bot.texts import Texts
    from crm_core.api import Core
    from crm_core.kernel.access import Actor

MAX_BYTES = 20 * 1024 * 1024
MAX_DOCUMENT = 10 * 1024 * 1024
_PICTURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF", "image/webp"))


@dataclass(frozen=True)
class Taken:
    """The id of a picture or of a document's draft, or the words of a voice note; `unread` is the text that says why
    it is none of them."""

    media_id: str = ""
    draft_id: str = ""
    text: str = ""
    unread: str = ""


class Attachments:
    """Fetches what was sent, keeps it, and has voice notes written down where somebody can."""

    def __init__(self, core: Core, texts: Texts, transcriber: Transcriber | None) -> None:
        self._core = core
        self._texts = texts
        self._transcriber = transcriber

    def take(self, guest: Guest, actor: Actor) -> Taken:
        """The first of the files. Raises ChexinError with words for the sender."""
        media = guest.event.media[0] if guest.event.media else None
        if media is None or (media.kind is MediaKind.FILE and not (actor.is_staff and media.name)):
            return Taken(unread="reception.file")
        if media.kind is MediaKind.FILE:
            return Taken(draft_id=self._learnt(guest, actor, media))
        if media.size is not None and media.size > MAX_BYTES:
            raise Invalid("image", "error.image_too_large")
        content = guest.line.fetch(media)
        if media.kind is MediaKind.IMAGE:
            return Taken(self._keep(guest, actor, content))
        return self._heard(guest, actor, media, content)

    def _learnt(self, guest: Guest, actor: Actor, media: Media) -> str:
        must_learn(self._core, actor)
        if (media.size or 0) > MAX_DOCUMENT:
            raise Invalid("file", "learn.bad.too_large", limit=MAX_DOCUMENT // 1024 // 1024)
        key = f"in:{guest.arrival.id}:document"
        return take_file(self._core, actor, guest.line.fetch(media), media.name, key=key)

    def _keep(self, guest: Guest, actor: Actor, content: bytes) -> str:
        mime = next((mime for magic, mime in _PICTURES if content.startswith(magic)), "")
        return self._core.execute(KeepImage(mime=mime, content=content), actor, key=f"in:{guest.arrival.id}:image").id

    def _heard(self, guest: Guest, actor: Actor, media: Media, content: bytes) -> Taken:
        mime = media.mime or "application/octet-stream"
        self._core.execute(KeepVoice(mime=mime, content=content), actor, key=f"in:{guest.arrival.id}:voice")
        if self._transcriber is None:
            return Taken(unread="reception.voice")
        words = self._transcriber.transcribe(content, mime, actor.language).strip()
        return Taken(text=words) if words else Taken(unread="reception.voice_unclear")
