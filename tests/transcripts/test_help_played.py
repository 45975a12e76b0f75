"""Every example that help gives somebody works when he types it: on the demo, for each role, in both languages."""

from __future__ import annotations

import pytest

from bot.texts import Texts
from crm_core.api import Core
from tests.transcripts.runner import Stage, drawn

TEXTS = Texts.load()
ROLES = ("rep1", "manager1", "tech1", "customer1")
SWITCH = {"zh": "说中文", "en": "English please"}


def _excuses(lang: str) -> list[str]:
    """How an answer begins that is none."""
    keys = ("sorry.first", "sorry.second", "sorry.third", "sorry.not_yet", "sorry.crash", "sorry.which", "ask.no_person",
            "ask.no_such_person", "ask.no_colleague")  # fmt: skip
    return [TEXTS.say(key, lang, words="\x00", ref="\x00", n="").partition("\x00")[0][:12] for key in keys]


@pytest.mark.parametrize("demo_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("person", ROLES)
def test_what_help_shows_can_be_typed(person: str, lang: str, demo: Core) -> None:
    stage = Stage(demo)
    try:
        stage.play([{"at": "2026-11-23 10:00"}, {person: SWITCH[lang]}, {person: "help"}])
        (card,) = [reply.card for reply in stage.seen[person].replies if reply.card is not None]
        assert len(card.fields) >= 5
        for example in (field.v for field in card.fields):
            stage.play([{person: example}])
            answer = drawn(stage.seen[person].replies)
            assert not [said for said in _excuses(lang) if said in answer], f"{example}\n{answer}"
    finally:
        stage.close()
