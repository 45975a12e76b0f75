"""What was imported already: a row that comes again unchanged changes nothing."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.tables import Row


class Imported(Row, table=True):
    """The last content a row of a file had, as keyed digests; `record_id` is what it became."""

    __tablename__ = "imported"
    __table_args__ = (UniqueConstraint("tenant", "kind", "key"),)
    kind: str = Field(max_length=20)
    key: str = Field(max_length=32)
    digest: str = Field(max_length=32)
    record_id: str = Field(default="", max_length=26)
