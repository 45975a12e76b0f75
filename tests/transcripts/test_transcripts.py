"""Every transcript beside this file, with the demo dealership loaded: on SQLite, and on PostgreSQL what needs both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_core.api import Core
from tests.conftest import EVERYTHING
from tests.transcripts.runner import Stage, read, transcripts

# These are about what is understood and how it is shown; whatever they write, another story writes on both.
OF_WORDS = {
    "bad_input_zh", "cards_zh", "decider_zh", "desk_zh", "interruption_zh", "own_visit_zh",
    "reminder_named_zh", "said_zh", "satisfaction_words_zh", "two_hours_zh", "visitor_zh",
}  # fmt: skip


def cases() -> list[Any]:
    """Each story on SQLite; on PostgreSQL too, unless it is one of words or tells in English what one in Chinese does."""
    paths = transcripts()
    names = {path.stem for path in paths}

    def on_both(name: str) -> bool:
        told_again = name.endswith("_en") and name.replace("_en", "_zh") in names
        return EVERYTHING or not (told_again or name in OF_WORDS)

    chosen = [("sqlite", path) for path in paths]
    chosen += [("postgres", path) for path in paths if on_both(path.stem)]
    return [pytest.param(database, path, id=f"{database}-{path.stem}") for database, path in chosen]


@pytest.mark.parametrize(("demo_url", "path"), cases(), indirect=["demo_url"])
def test_transcript(path: Path, demo: Core) -> None:
    stage = Stage(demo)
    try:
        stage.play(read(path))
    finally:
        stage.close()


def test_a_story_of_words_is_there() -> None:
    assert {path.stem for path in transcripts()} >= OF_WORDS
