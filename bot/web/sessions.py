"""Signed session cookies, visitors' tokens and the check of where a request comes from."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers

from crm_core.api import Core
from crm_core.kernel.ids import new_id

COOKIE = "chexin_session"
DAYS = 30
MAX_AGE = DAYS * 86400


@dataclass(frozen=True)
class Known:
    """Whom a token speaks for. `session` is empty for a visitor's."""

    tenant: str
    person_id: str
    session: str = ""


class Sessions:
    """Makes and reads tokens that say who somebody is. They hold ids, no personal data.

    A session that was signed out of is remembered, so that a copy of its cookie is worth nothing either.
    """

    def __init__(self, core: Core) -> None:
        keys = list(core.cipher.signs(b"web-session"))
        self._core = core
        self._people = URLSafeTimedSerializer(keys, salt="person")
        self._under_the_present_key = URLSafeTimedSerializer(keys[-1:], salt="person")
        self._visitors = URLSafeTimedSerializer(keys, salt="visitor")

    def for_person(self, tenant: str, person_id: str) -> str:
        return self._people.dumps([tenant, person_id, new_id()])

    def for_visitor(self, tenant: str, person_id: str) -> str:
        return self._visitors.dumps([tenant, person_id])

    def person(self, cookie: str | None) -> Known | None:
        """Whom a session cookie speaks for; None when it is absent, forged, too old or signed out of."""
        known = _read(self._people, cookie)
        return None if known is None or not known.session or self.ended(known.session) else known

    def renewed(self, cookie: str | None) -> str | None:
        """The same session under the present key, when its cookie was signed with a former one; else None."""
        known = self.person(cookie)
        if known is None or _read(self._under_the_present_key, cookie) is not None:
            return None
        return self._people.dumps([known.tenant, known.person_id, known.session])

    def visitor(self, token: object) -> Known | None:
        """Whom a visitor's token speaks for."""
        return _read(self._visitors, token if isinstance(token, str) else None)

    def end(self, session: str) -> None:
        """Signed out: no page of this session is served any more."""
        self._core.leases.remember(f"signed_out:{session}", "", self._core.now())

    def ended(self, session: str) -> bool:
        return self._core.leases.recall(f"signed_out:{session}") is not None


def _read(serializer: URLSafeTimedSerializer, token: str | None) -> Known | None:
    if not token or len(token) > 512:
        return None
    try:
        return Known(*(str(part) for part in serializer.loads(token, max_age=MAX_AGE)))
    except (BadSignature, ValueError, TypeError):
        return None


def same_origin(headers: Headers, public_url: str, *, needed: bool) -> bool:
    """Whether the Origin is our own; a request without one passes only where a browser always sends it."""
    origin = headers.get("origin")
    if not origin:
        return not needed
    if public_url and origin.rstrip("/") == public_url.rstrip("/"):
        return True
    return urlsplit(origin).netloc == headers.get("host", "")
