"""Every cell of a deployment in clear, and every file beside it: where a word may still stand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlmodel import SQLModel

from crm_core.api import Core
from crm_core.kernel.rotate import sealed_columns
from crm_core.privacy.opened import opened

# What the law holds is sealed and in no list; it is looked at by itself.
HELD = "held_records"


def cells(core: Core) -> Iterator[tuple[str, str]]:
    """(table, all it says), with sealed values opened."""
    with core.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(row) for row in session.connection().execute(table.select()).mappings()]
            sealed = [column.name for column in sealed_columns(table) if column.name.endswith("_enc")]
            clear = [[opened(core.cipher, table.name, row, name) for name in sealed] for row in rows]
            yield table.name, json.dumps([rows, clear], ensure_ascii=False, default=str)


def in_tables(core: Core, words: Iterable[str]) -> list[str]:
    """Tables that say one of the words."""
    wanted = list(words)
    return [f"{table}: {word}" for table, said in cells(core) if table != HELD for word in wanted if word in said]


def in_files(folder: Path, words: Iterable[str]) -> list[str]:
    """Files that hold one of the words as they lie on the disk."""
    wanted = [(word, word.encode()) for word in words]
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path.name}: {word}" for word, raw in wanted if raw in content]
    return found
