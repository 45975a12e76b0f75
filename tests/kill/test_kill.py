"""Kill -9 between any two steps of the story, start again: it goes on, nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill import story
from tests.kill.story import STEPS, Cast
from tests.support import demo
from tests.support.page import text_of
from tests.support.server import Server

pytestmark = pytest.mark.kill
NAMES = [step.__name__ for step in STEPS]


@pytest.fixture(scope="module")
def undisturbed(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """What the story tells rep and manager when nothing happens to the server."""
    server = Server(demo.copy(demo_template, tmp_path_factory.mktemp("calm") / "data")).start()
    try:
        cast = Cast(server)
        for step in STEPS:
            step(cast)
        told = story.ending(cast)
        cast.drop()
        assert story.facts(cast) == story.expected()
        return told
    finally:
        server.kill()


def run_killed(server: Server, after: set[int]) -> Cast:
    """The story, with the server killed and started again after these steps."""
    cast = Cast(server)
    for number, step in enumerate(STEPS):
        step(cast)
        if number in after:
            server.kill()
            cast.drop()
            server.start()
    return cast


def test_killed_twice(server: Server, undisturbed: dict[str, Counter[str]]) -> None:
    cast = run_killed(server, {STEPS.index(story.test_drive_said), STEPS.index(story.discount_confirmed)})
    assert story.ending(cast) == undisturbed
    cast.drop()
    assert story.facts(cast) == story.expected()


@pytest.mark.slow
def test_killed_after_every_step(server: Server, undisturbed: dict[str, Counter[str]]) -> None:
    cast = run_killed(server, set(range(len(STEPS))))
    assert story.ending(cast) == undisturbed
    cast.drop()
    assert story.facts(cast) == story.expected()


@pytest.mark.slow
@pytest.mark.parametrize("after", range(len(STEPS)), ids=NAMES)
def test_killed_once(server: Server, undisturbed: dict[str, Counter[str]], after: int) -> None:
    cast = run_killed(server, {after})
    assert story.ending(cast) == undisturbed
    cast.drop()
    assert story.facts(cast) == story.expected()


@pytest.mark.slow
@pytest.mark.parametrize("after", range(len(STEPS)), ids=NAMES)
def test_killed_in_the_middle_of_a_step_that_is_then_repeated(
    server: Server, undisturbed: dict[str, Counter[str]], after: int
) -> None:
    """The page sends, the server dies at once, the page sends the same again, as it does after a break."""
    cast = Cast(server)
    for number, step in enumerate(STEPS):
        if number == after:
            hasty = Hasty(cast)
            step(hasty)
            server.kill()
            hasty.drop()
            cast.drop()
            server.start()
        step(cast)
    assert story.ending(cast) == undisturbed
    cast.drop()
    assert story.facts(cast) == story.expected()


class Hasty(Cast):
    """Sends without waiting for an answer."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(cast.server, cast.cookies)

    def page(self, code: str):  # type: ignore[no-untyped-def]
        page = super().page(code)
        say, press_id = type(page).say, type(page).press_id
        page.say = lambda text, **more: say(page, text, **more | {"wait": False})  # type: ignore[method-assign]
        page.press_id = lambda action, **more: press_id(page, action, **more | {"wait": False})  # type: ignore[method-assign]
        return page


@pytest.mark.slow
def test_reminders_that_fell_due_while_nobody_ran_come_once(server: Server) -> None:
    cast = Cast(server)
    story.lead_arrives(cast)
    cast.sees("rep1", rf"<lead>.*{story.NAME}")
    cast.drop()
    server.kill()
    server.start("--clock=+70m")
    reminded = cast.sees("rep1", rf"<followup_remind>.*{story.NAME}")
    cast.sees("manager1", rf"<followup_escalated>.*{story.NAME}")
    reminded.settle(1.0)
    assert sum("<followup_remind>" in text_of(m) and story.NAME in text_of(m) for m in reminded.out()) == 1
    server.kill()
    cast.drop()
    server.start()
    page = cast.page("rep1").settle(2.0)
    assert sum("<followup_remind>" in text_of(m) and story.NAME in text_of(m) for m in page.out()) == 1
    story.contacted(cast)
    story.outcome(cast)
    cast.drop()
    found = story.facts(cast)
    assert (found["timers overdue"], found["messages waiting"], found["leads"]) == (0, 0, 1)


# PostgreSQL, with people served by one process and work done by others


@pytest.fixture
def pair(migrated_postgres, tmp_path: Path) -> Iterator[tuple[Server, Server, Server]]:  # type: ignore[no-untyped-def]
    """A web process and two workers on one database."""
    with migrated_postgres.database(empty=True) as url:
        env = {"CHEXIN_DATABASE_URL": url, "CHEXIN_SECRET_KEY": "k" * 40}
        demo.build(tmp_path / "web", url, "k" * 40)
        web = Server(tmp_path / "web", role="web", **env)
        workers = [Server(tmp_path / f"worker{n}", role="worker", **env) for n in (1, 2)]
        try:
            yield web.start(), workers[0].start(), workers[1].start()
        finally:
            for one in (web, *workers):
                one.kill()


@pytest.mark.postgres
@pytest.mark.slow
def test_web_and_workers_killed_in_turn(
    pair: tuple[Server, Server, Server], undisturbed: dict[str, Counter[str]]
) -> None:
    web, *workers = pair
    cast = Cast(web)
    for number, step in enumerate(STEPS):
        step(cast)
        victim = (web, *workers)[number % 3]
        victim.kill()
        if victim is web:
            cast.drop()
        victim.start()
    assert story.ending(cast) == undisturbed
    cast.drop()
    assert story.facts(cast) == story.expected()
