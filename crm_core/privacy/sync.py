"""The journal of erasures and the database, made to agree: at each start, and right after an erasure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text
from sqlmodel import col

from crm_core.privacy.journal import Entry, Journal
from crm_core.privacy.messages import ReapplyErasure
from crm_core.privacy.tables import Erasure

if TYPE_CHECKING:
    from crm_core.api import Core


class Erasures:
    """What was erased, on both sides."""

    def __init__(self, core: Core, path: Path) -> None:
        self._core = core
        self.journal = Journal(path)

    def sync(self) -> int:
        """Write down what the file lacks, erase what the database has got back; returns how many of the latter.

        Each tenant's erasures are carried out as that tenant's own job, one transaction a customer.
        """
        kept, known = self.journal.read(), self._known()
        self.journal.add(entry for key, entry in known.items() if key not in kept)
        tenants = set(self._core.tenants()) if kept.keys() - known.keys() else set()
        back = [entry for key, entry in kept.items() if key not in known and entry.tenant in tenants]
        for entry in back:
            command = ReapplyErasure(erasure_id=entry.id, gone_id=entry.gone_id)
            self._core.execute(command, self._core.system(entry.tenant))
        if back:
            self.scrub()
        return len(back)

    def scrub(self) -> None:
        """Leave nothing of deleted rows in the database's files: the log beside it is emptied into it."""
        if self._core.database.is_sqlite:
            self._outside(lambda run: run("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            self._outside(lambda run: run("VACUUM"))

    def _outside(self, work: Callable[[Callable[[str], Any]], object]) -> None:
        """Statements that no transaction may hold."""
        engine = self._core.database.engine
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            work(lambda statement: connection.execute(text(statement)))

    def _known(self) -> dict[str, Entry]:
        with self._core.database.read() as session:
            rows = session.execute(select(Erasure).order_by(col(Erasure.created_at))).scalars().all()
            return {row.id: Entry(row.id, row.tenant, row.gone_id, row.created_at.isoformat()) for row in rows}
