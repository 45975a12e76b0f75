"""Addresses of pictures for platforms that fetch a picture themselves, without anybody's session."""

from __future__ import annotations

import json
from datetime import timedelta

from crm_core.api import Core
from crm_core.chat.messages import Image, ImageView
from crm_core.kernel.errors import ChexinError, NotFound, Unavailable

PATH = "/pictures"
LIFE = timedelta(days=7)
# A token of ours is half as long.
MAX_TOKEN = 512
_CELL = "links.picture.token"
_TO_URL, _FROM_URL = str.maketrans("+/=:", "-_~."), str.maketrans("-_~.", "+/=:")


class PictureLinks:
    """Makes and opens them. A token is sealed: it can be neither read nor made by others, and it ends.

    It shows what its reader may see at the moment it is opened; once he may not, the address leads nowhere.
    """

    def __init__(self, core: Core, origin: str) -> None:
        """`origin` is where people reach us, without a trailing slash."""
        self._core = core
        self._origin = origin

    def address(self, tenant: str, person_id: str, image_id: str) -> str:
        """Where the picture can be fetched for a week."""
        until = int((self._core.now() + LIFE).timestamp())
        sealed = self._core.cipher.seal(_CELL, json.dumps([tenant, person_id, image_id, until]))
        return f"{self._origin}{PATH}/{sealed.translate(_TO_URL)}"

    def picture(self, token: str) -> ImageView:
        """The picture.

        Raises NotFound for a token that was made up, is too old, or whose reader may not see it; Unavailable.
        """
        try:
            opened = self._core.cipher.open(_CELL, token[:MAX_TOKEN].translate(_FROM_URL))
            tenant, person_id, image_id, until = json.loads(opened)
            if until < self._core.now().timestamp():
                raise NotFound(resource="image")
            found: ImageView = self._core.ask(Image(image_id=image_id), self._core.actor(person_id, tenant))
        except Unavailable:
            raise
        except (ValueError, ChexinError) as error:
            raise NotFound(resource="image") from error
        return found
