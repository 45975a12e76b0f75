"""People in a chat: a message stored, decided, claimed and accepted. By a button, by the grammar, with the embedder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import options
from benchmarks.chat import Person, Talkers
from benchmarks.crowd import Crowd, Line
from benchmarks.floors import core_floor, driver_floor, footprint
from benchmarks.leads import lead
from benchmarks.places import TENANT, Place, dealer, found_group, places
from benchmarks.report import APP, CORE, DRIVER, beside_floors, figures
from benchmarks.timing import in_turn
from bot.commands.learning import learn_paths
from bot.conversation.pipeline import Turn
from crm_core.api import Core

DEALERS, REPS = 4, 8
NOTES = Path(__file__).parent.parent / "examples" / "dealership" / "knowledge"
QUESTIONS = ("发动机灯亮了还能开吗", "刹车有异响要紧吗", "多久要做一次保养", "空调有异味怎么办", "胎压灯亮了怎么办",
             "油耗突然变高怎么办", "方向盘抖怎么回事")  # fmt: skip
WARM_UP = 4


@dataclass(frozen=True)
class Kind:
    """A kind of turn: its lines, without end, and whether a turn was what it should be."""

    name: str
    lines: Iterator[Line]
    right: Callable[[Turn], bool]


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    parser = options.parser("turns", __doc__ or "", items=160)
    parser.add_argument("--people", type=options.numbers, default=(1, 8, 32), metavar="N,N",
                        help="how many at once; at most 32 (1,8,32)")  # fmt: skip
    parser.add_argument("--only", action="append", choices=("button", "write", "read", "embedder"),
                        help="only this kind of turn; may be repeated (all)")  # fmt: skip
    chosen = parser.parse_args(argv)
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with places(options.databases(chosen), skipped) as found:
        for place in found:
            results += _measured(place, chosen.items, chosen.rounds, chosen.people, chosen.only)
    return {"results": results, "skipped": skipped}


def _measured(
    place: Place, items: int, rounds: int, people: tuple[int, ...], only: list[str] | None
) -> list[dict[str, Any]]:
    core = place.open()
    found_group(core, dealers=DEALERS, reps=REPS)
    talkers = Talkers(core)
    reps = [Person.of(core, core.actor(f"rep{d}-{r}", TENANT)) for d in range(DEALERS) for r in range(REPS)]
    names = _cards(core, talkers, reps, items * (len(people) + 1) + 4 * len(reps))
    if only is None or "embedder" in only:
        learn_paths(core, core.system(TENANT), [NOTES], "staff")
    results = []
    for kind in _kinds(core, reps, names):
        if only is None or kind.name in only:
            alone = _alone(place, talkers, kind, items, rounds)
            results += [alone, *_together(place.name, talkers, kind, items, people, alone)]
    return results


def _cards(core: Core, talkers: Talkers, reps: list[Person], wanted: int) -> dict[str, str]:
    """Give every rep his share of new leads, with their cards in his chat. Returns a customer's name for each."""
    for number in range(wanted):
        intake = core.intake(TENANT, dealer(number // 8 % DEALERS))
        core.execute(lead(number), intake)
    while talkers.deliverer.run():
        continue
    names = {}
    for rep in reps:
        messages = core.chats.messages(rep.chat, limit=1)
        names[rep.id] = messages[0].body["card"]["fields"][0]["v"].split()[0]
    return names


def _kinds(core: Core, reps: list[Person], names: dict[str, str]) -> list[Kind]:
    return [
        Kind("write", _said(reps, lambda rep, n: f"给{names[rep.id]}记一下:喜欢白色，第{n}次"),
             lambda turn: turn.commands == ["AddNote"] and turn.layer == "grammar"),
        Kind("read", _said(reps, lambda rep, n: f"{names[rep.id]}的资料"),
             lambda turn: turn.replies[0].card is not None and turn.layer == "grammar"),
        Kind("embedder", _said(reps, lambda rep, n: QUESTIONS[n % len(QUESTIONS)]),
             lambda turn: bool(turn.replies[0].card and turn.replies[0].card.sources)),
        # Last, because a press on [已联系] leaves the question for the outcome open.
        Kind("button", _presses(core, reps), lambda turn: turn.commands == ["MarkContacted"]),
    ]  # fmt: skip


def _presses(core: Core, reps: list[Person]) -> Iterator[Line]:
    """[已联系] on one card after the other, rep by rep."""
    buttons = {rep.id: [a.id for a in core.chats.buttons.recent(rep.id, core.now(), limit=5_000)
                        if a.verb == "lead.contacted"] for rep in reps}  # fmt: skip
    while any(buttons.values()):
        for rep in reps:
            if buttons[rep.id]:
                yield rep, rep.presses(buttons[rep.id].pop())


def _said(reps: list[Person], text: Callable[[Person, int], str]) -> Iterator[Line]:
    number = 0
    while True:
        rep = reps[number % len(reps)]
        number += 1
        yield rep, rep.says(text(rep, number))


def _alone(place: Place, talkers: Talkers, kind: Kind, items: int, rounds: int) -> dict[str, Any]:
    """One turn after the other, step by step in one thread, beside the floors."""

    def turn(number: int = 0) -> None:
        person, inbound = next(kind.lines)
        found = talkers.one(person.tenant, inbound)
        if not kind.right(found):
            said = [reply.text or (reply.card.title if reply.card else "") for reply in found.replies]
            raise RuntimeError(f"not a turn of kind {kind.name}: {found.layer} {found.commands} {said}")

    for _ in range(WARM_UP):
        turn()
    print_ = footprint(talkers.core.database.engine, turn)
    works = {
        APP: turn,
        DRIVER: driver_floor(place.fresh(), print_, items),
        CORE: core_floor(place.fresh(), print_, items),
    }
    return beside_floors(place.name, f"{kind.name}, step by step", in_turn(works, items, rounds), print_)


def _together(
    database: str, talkers: Talkers, kind: Kind, items: int, people: tuple[int, ...], alone: dict[str, Any]
) -> list[dict[str, Any]]:
    """Through the loops of a server, so many people at once."""
    crowd, results = Crowd(talkers), []
    with crowd.working():
        for number in people:
            timed = crowd.talk([next(kind.lines) for _ in range(items)], number)
            ratio = {name: round(timed.per_second / floor["per_second"], 3) for name, floor in alone["floors"].items()}
            results.append({"database": database, "item": kind.name, "people": number, "items": timed.items,
                            **figures(timed), "ratio": ratio})  # fmt: skip
    return results
