"""Rows of knowledge documents, their chunks and kept embeddings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, added, text_column


class Document(Row, table=True):
    """A document as learnt. An empty `unit` is the whole group; audiences: public, customer, staff."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("tenant", "source"),
        Index("ix_documents_audience", "tenant", "audience", "unit"),
    )
    source: str = Field(max_length=300)
    title: str = Field(max_length=300)
    audience: str = Field(max_length=20)
    lang: str = Field(default="zh", max_length=8)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    questions: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    unit: str = Field(default="", sa_type=UnitPath)
    valid_from: date | None = None
    valid_until: date | None = None
    digest: str = Field(max_length=64)
    pages: int = added(0)
    edition: int = added(1)  # grows with each learning; `version` with each change of the row
    author_id: str = added("", max_length=26)


class DocumentDraft(Row, table=True):
    """A document that waits for a review. `content_enc` holds its pieces until it is decided.

    States: waiting, published, declined, replaced (by a later draft of the same source).
    """

    __tablename__ = "document_drafts"
    __table_args__ = (Index("ix_document_drafts_source", "tenant", "source", "state"),)
    source: str = Field(max_length=300)
    title: str = Field(max_length=300)
    audience: str = Field(max_length=20)
    unit: str = Field(default="", sa_type=UnitPath)
    state: str = Field(default="waiting", max_length=12)
    findings: list[list[Any]] = Field(default_factory=list, sa_column=Column(JSON))
    content_enc: str | None = text_column()
    author_id: str = Field(default="", max_length=26)
    decided_by: str = Field(default="", max_length=26)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Chunk(Row, table=True):
    """A piece of a document; `hash` is of its text, whatever document it stands in."""

    __tablename__ = "chunks"
    __table_args__ = (
        UniqueConstraint("document_id", "position"),
        Index("ix_chunks_hash", "tenant", "hash"),
    )
    document_id: str = Field(max_length=26)
    section: str = Field(default="", max_length=300)
    text: str = Field(sa_type=Text)
    position: int
    page: int = added(0)
    hash: str = Field(max_length=64)
    lang: str = Field(default="zh", max_length=8)


class ChunkVector(Row, table=True):
    """The embedding of a text by one model, as little-endian float32."""

    __tablename__ = "chunk_vectors"
    __table_args__ = (UniqueConstraint("tenant", "model", "hash"),)
    hash: str = Field(max_length=64)
    model: str = Field(max_length=80)
    dim: int
    content: bytes = Field(sa_type=LargeBinary)
