"""A statement is compiled once a test run, not once a test."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from crm_core.kernel import db

# More than all statements of the suite on both dialects.
_compiled: LRUCache[Any, Any] = LRUCache(8000)


def compile_once() -> None:
    """Let all engines of this process share what was compiled for the first of their kind.

    SQLAlchemy keeps compiled statements by engine and by dialect object. A test opens engines of its own, on its own
    database, and would spend a third of its time compiling what the test before it compiled. All databases of a run
    are of the same two servers' versions, so dialects of one class are alike.
    """
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    db.create_engine = _create_engine  # type: ignore[attr-defined]


def _create_engine(*args: Any, **options: Any) -> Engine:
    engine = create_engine(*args, **options)
    engine.update_execution_options(compiled_cache=_compiled)
    return engine
