"""What was imported already: a row that comes again unchanged changes nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Row


class Imported(Row, table=True):
    """The last content a row of a file had, as keyed digests; `record_id` is what it became."""

    __tablename__ = "imported"
    __table_args__ = (UniqueConstraint("tenant", "kind", "key"),)
    kind: str = Field(max_length=20)
    key: str = Field(max_length=32)
    digest: str = Field(max_length=32)
    record_id: str = Field(default="", max_length=26)


class ImportRun(Row, table=True):
    """How far a large file came; `digest` is of its content. A run that was cut short goes on from `done`."""

    __tablename__ = "import_runs"
    __table_args__ = (UniqueConstraint("tenant", "kind", "digest"),)
    kind: str = Field(max_length=20)
    digest: str = Field(max_length=32)
    done: int = 0
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
