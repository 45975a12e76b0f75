"""Every transcript beside this file, on SQLite and on PostgreSQL, with the demo dealership loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_core.api import Core
from tests.transcripts.runner import Stage, read, transcripts


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: path.stem)
def test_transcript(path: Path, demo: Core) -> None:
    stage = Stage(demo)
    try:
        stage.play(read(path))
    finally:
        stage.close()
