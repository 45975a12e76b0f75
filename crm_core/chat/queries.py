"""Questions about chats."""

from __future__ import annotations

from crm_core.chat.messages import Image, ImageView
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Reader


@answers(Image)
def image(question: Image, reader: Reader) -> ImageView:
    """Whoever sent a picture sees it again; absent and foreign answer alike."""
    blob = reader.session.get(Blob, question.image_id)
    if blob is None or blob.tenant != reader.tenant or blob.person_id != reader.actor.id:
        raise NotFound(resource="image")
    content = reader.cipher.open_bytes(f"blobs.content.{blob.id}", blob.content)
    return ImageView(mime=blob.mime, content=content)
