"""Signed session cookies, visitors' tokens and the check of where a request comes from."""

from __future__ import annotations

from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers

from crm_core.api import Core

COOKIE = "chexin_session"
DAYS = 30
MAX_AGE = DAYS * 86400


class Sessions:
    """Makes and reads tokens that say who somebody is. They hold ids, no personal data."""

    def __init__(self, core: Core) -> None:
        key = core.cipher.sign(b"web-session")
        self._people = URLSafeTimedSerializer(key, salt="person")
        self._visitors = URLSafeTimedSerializer(key, salt="visitor")

    def for_person(self, tenant: str, person_id: str) -> str:
        return self._people.dumps([tenant, person_id])

    def for_visitor(self, tenant: str, person_id: str) -> str:
        return self._visitors.dumps([tenant, person_id])

    def person(self, cookie: str | None) -> tuple[str, str] | None:
        """(tenant, person id) of a session cookie; None when it is absent, forged or too old."""
        return _read(self._people, cookie)

    def visitor(self, token: object) -> tuple[str, str] | None:
        """(tenant, person id) of a visitor's token."""
        return _read(self._visitors, token if isinstance(token, str) else None)


def _read(serializer: URLSafeTimedSerializer, token: str | None) -> tuple[str, str] | None:
    if not token or len(token) > 512:
        return None
    try:
        tenant, person_id = serializer.loads(token, max_age=MAX_AGE)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(tenant), str(person_id)


def same_origin(headers: Headers, public_url: str, *, needed: bool) -> bool:
    """Whether the Origin is our own; a request without one passes only where a browser always sends it."""
    origin = headers.get("origin")
    if not origin:
        return not needed
    if public_url and origin.rstrip("/") == public_url.rstrip("/"):
        return True
    return urlsplit(origin).netloc == headers.get("host", "")
