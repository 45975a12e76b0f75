"""Access tokens shared by all processes: one of them refreshes, the others wait for it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_core.channels.tables import AccessToken
from crm_core.kernel.clock import Clock
from crm_core.kernel.db import Database
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.ids import new_id
from crm_core.kernel.leases import Leases
from crm_core.kernel.locks import lock_row
from crm_core.kernel.pii import Cipher

LEASE = timedelta(seconds=20)
WAIT_SECONDS = 15.0
LOOK_SECONDS = 0.1
# A token is renewed before it ends, so that no request begins with one that ends on the way.
EARLY = timedelta(minutes=5)


@dataclass(frozen=True)
class Token:
    """`version` tells the platform's refusal of this token from that of an older one."""

    value: str
    version: int
    expires_at: datetime


class Tokens:
    """Tokens by name, for example the hash of a corp and its secret."""

    def __init__(self, database: Database, cipher: Cipher, leases: Leases, clock: Clock) -> None:
        self._database = database
        self._cipher = cipher
        self._leases = leases
        self._clock = clock

    def get(self, name: str, fetch: Callable[[], tuple[str, float]], *, refused: int = 0) -> Token:
        """The token called `name`; `fetch` asks the platform for (token, seconds it lasts).

        `refused` is the version the platform has just refused: an equal or older one is not given again. Blocks
        for up to 15 s while another process refreshes. Raises Unavailable after that, and what `fetch` raises.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        holder = new_id()
        while True:
            known = self._known(name)
            if known is not None and known.version > refused and known.expires_at > self._clock.now():
                return known
            lease = f"token:{_id(name)}"
            if self._leases.take(lease, holder, self._clock.now(), LEASE) is not None:
                try:
                    known = self._known(name)  # refreshed while we were on the way
                    if known is not None and known.version > refused and known.expires_at > self._clock.now():
                        return known
                    return self._keep(name, *fetch())
                finally:
                    self._leases.give_back(lease, holder, self._clock.now())
            if time.monotonic() > deadline:
                raise Unavailable()
            time.sleep(LOOK_SECONDS)

    def _known(self, name: str) -> Token | None:
        with self._database.read() as session:
            row = session.get(AccessToken, _id(name))
            if row is None:
                return None
            return Token(self._cipher.open(f"access_tokens.token.{row.id}", row.token_enc), row.version, row.expires_at)

    def _keep(self, name: str, value: str, seconds: float) -> Token:
        key = _id(name)
        early = min(EARLY, timedelta(seconds=seconds / 2))
        until = self._clock.now() + timedelta(seconds=seconds) - early
        sealed = self._cipher.seal(f"access_tokens.token.{key}", value)
        with self._database.write() as session:
            lock_row(session, f"token:{key}"[:60])
            row = session.get(AccessToken, key)
            if row is None:
                row = AccessToken(id=key, token_enc=sealed, version=1, expires_at=until)
                session.add(row)
            else:
                row.token_enc, row.version, row.expires_at = sealed, row.version + 1, until
            return Token(value, row.version, until)


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
