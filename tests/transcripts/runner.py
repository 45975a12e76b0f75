"""Runs a transcript: lines as in a chat, on the real core, through the terminal's channel.

A transcript is a YAML list; each line has one key:

    - at: "2026-11-21 14:20"                  the clock stands there (dealer time); timers due fire
    - clock: +45m                             the clock moves on; timers due fire
    - rep1: 张伟13800138000想看ES6            somebody types
    - rep1 presses: 已联系                    the newest live button of this label
    - admin1 sends: {file: a.docx, words: "# 标题"}     a file; of a DOCX each line is a paragraph
    - rep1 sends: {photo: true, words: 这是什么件}       a picture, with the words below it
    - rep1 presses twice: 确认                both presses must be answered alike
    - lead: {name: …, phone: …}               a lead arrives through the intake
    - lost: {kind: lead, state: 4, error: blocked}   the newest push of a kind did not arrive (4) or may not have (3)
    - visitor: guest                          somebody opens the widget on the dealer's site; he is `guest`
    - rep1 sees: {card: lead, buttons: [已联系], has: [13800138000]}    a reply of his last turn
    - manager1 gets: {card: approval, has: ["8,000"]}                   something pushed to him
    - the hour strikes                        (a plain string) what the scheduler plans ahead each hour
    - the scans run                           what it looks for every five minutes
    - rep2 gets nothing                       (a plain string) nothing waits for him
    - rep2 gets no: {card: task_due, has: [周报]}    nothing of this kind waits for him
    - rep1 did: [CreateLead]                  what his last turn carried out

What is expected of a reply: `card` its kind, `title` a part of its title, `has`/`lacks` parts of all its words,
`buttons` labels it has, `no_buttons`, `status` a part of its status, `only: true` that it is the only reply.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import desc, select

from bot.conversation.brain import Rooms
from bot.ports import Outbound
from bot.terminal import Shown, Terminal, _drawn
from crm_core.api import Core
from crm_core.chat.messages import AddVisitor
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.routines import HOURLY, OFTEN, run_routines
from crm_core.kernel.tables import Outbox
from crm_core.leads.messages import CreateLead
from tests.support.files import docx

ZONE = ZoneInfo("Asia/Shanghai")
STRIKES = {"the hour strikes": HOURLY, "the scans run": OFTEN}
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 64
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
HERE = Path(__file__).parent


def transcripts() -> list[Path]:
    """Every transcript, by name."""
    return sorted(HERE.glob("*.yaml"))


class Stage:
    """People at their terminals, a clock, and what each has seen last."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.clock = core.clock
        assert isinstance(self.clock, FixedClock)
        self.brain = Rooms(core)
        self.terminals: dict[str, Terminal] = {}
        self.seen: dict[str, Shown] = {}
        self.waiting: dict[str, list[Outbound]] = {}

    def close(self) -> None:
        self.brain.close()

    def play(self, lines: list[Any]) -> None:
        """Play the lines; an AssertionError names the line that does not hold."""
        for number, line in enumerate(lines, start=1):
            try:
                self._line(line)
            except AssertionError as error:
                raise AssertionError(f"line {number}: {line}\n{error}") from None

    def _line(self, line: Any) -> None:
        self.clock.advance(seconds=1)
        if isinstance(line, str):
            if line in STRIKES:
                return self._strike(STRIKES[line])
            person, _, rest = line.partition(" ")
            assert rest == "gets nothing", f"not a line of a transcript: {line}"
            got = self._pushed(person)
            assert not got, f"{person} got:\n{drawn(got)}"
            return
        ((key, value),) = line.items()
        person, _, what = str(key).partition(" ")
        {"at": self._at, "clock": self._move, "lead": self._lead, "visitor": self._visitor, "lost": self._lost}.get(
            str(key), lambda v: self._person(person, what, v)
        )(value)

    def _at(self, value: str) -> None:
        self.clock.move_to(datetime.fromisoformat(value).replace(tzinfo=ZONE))
        self._fire()

    def _move(self, value: str) -> None:
        found = re.fullmatch(r"\+(\d+)([mhd])", value)
        assert found, f"not a span: {value}"
        self.clock.advance(**{UNITS[found[2]]: int(found[1])})
        self._fire()

    def _fire(self) -> None:
        while self.core.timers.fire_due(self.core.now()):
            continue

    def _strike(self, seconds: int) -> None:
        run_routines(self.core, seconds)
        self._fire()

    def _lead(self, value: dict[str, str]) -> None:
        tenant = self.core.tenants()[0]
        self.core.execute(CreateLead(channel="api", **value), self.core.system(tenant))

    def _lost(self, value: dict[str, Any]) -> None:
        with self.core.database.write() as session:
            newest = select(Outbox).where(Outbox.kind == value["kind"]).order_by(desc(Outbox.id)).limit(1)
            row = session.execute(newest).scalars().one()
            row.state, row.error, row.settled_at = value["state"], value["error"], self.core.now()

    def _visitor(self, name: str) -> None:
        tenant = self.core.tenants()[0]
        unit = self.core.actor("manager1").unit
        added = self.core.execute(AddVisitor(unit=unit), self.core.system(tenant))
        self.terminals[name] = Terminal(self.core, added.id, self.brain)

    def _person(self, person: str, what: str, value: Any) -> None:
        if what == "":
            self.seen[person] = self._terminal(person).say(str(value))
        elif what == "presses":
            self.seen[person] = self._terminal(person).press(str(value))
        elif what == "presses twice":
            self._twice(person, str(value))
        elif what == "sends" and "photo" in value:
            self.seen[person] = self._terminal(person).show(PICTURE, value.get("words", ""))
        elif what == "sends":
            content = sent_file(value["words"], value["file"])
            self.seen[person] = self._terminal(person).send(content, value["file"])
        elif what == "sees":
            expect(self.seen[person].replies, value)
        elif what == "gets":
            self._gets(person, value)
        elif what == "gets no":
            fitting = [reply for reply in self._pushed(person) if not misfit(reply, value)]
            assert not fitting, f"{person} got:\n{drawn(fitting)}"
        elif what == "did":
            assert self.seen[person].commands == value, f"did {self.seen[person].commands}"
        else:
            raise AssertionError(f"not a line of a transcript: {person} {what}")

    def _twice(self, person: str, label: str) -> None:
        terminal = self._terminal(person)
        action = terminal._button(label)
        assert action is not None, f"no button {label}"
        first, second = terminal.press(action.id), terminal.press(action.id)
        said = [part for r in first.replies for part in (r.text, r.card.title if r.card else None) if part]
        assert any(part in drawn(second.replies) for part in said), drawn(second.replies)
        self.seen[person] = first

    def _terminal(self, person: str) -> Terminal:
        if person not in self.terminals:
            self.terminals[person] = Terminal(self.core, person, self.brain)
        return self.terminals[person]

    def _pushed(self, person: str) -> list[Outbound]:
        fresh = self._terminal(person).inbox().replies
        self.waiting[person] = [*self.waiting.get(person, ()), *fresh]
        return self.waiting[person]

    def _gets(self, person: str, wanted: dict[str, Any]) -> None:
        """Something pushed fits; it is taken out of what waits, so that two are two."""
        got = self._pushed(person)
        for reply in got:
            if not misfit(reply, wanted):
                got.remove(reply)
                return
        raise AssertionError(f"{person} got:\n{drawn(got)}")


def sent_file(words: str, name: str) -> bytes:
    """A file of these words."""
    return docx(*words.strip().split("\n")) if name.endswith(".docx") else words.encode()


def expect(replies: list[Outbound], wanted: dict[str, Any]) -> None:
    """One of the replies is as wanted."""
    if wanted.get("only"):
        assert len(replies) == 1, drawn(replies)
    misfits = [misfit(reply, wanted) for reply in replies]
    assert "" in misfits, f"{misfits}\n{drawn(replies)}"


def misfit(reply: Outbound, wanted: dict[str, Any]) -> str:
    """Why a reply is not as wanted; empty when it is."""
    card, words = reply.card, _drawn(reply)
    labels = [b.label for b in card.buttons] if card else []
    if "card" in wanted and (card is None or card.kind != wanted["card"]):
        return f"not a {wanted['card']} card"
    if wanted.get("title", "") not in (card.title if card else ""):
        return "another title"
    if wanted.get("status", "") not in ((card.status or "") if card else ""):
        return "another status"
    lacking = [part for part in wanted.get("has", ()) if str(part) not in words]
    extra = [part for part in wanted.get("lacks", ()) if str(part) in words]
    missing = [label for label in wanted.get("buttons", ()) if label not in labels]
    if wanted.get("no_buttons") and labels:
        return f"has buttons {labels}"
    return "; ".join(f"{name} {found}" for name, found in
                     (("lacks", lacking), ("holds", extra), ("no button", missing)) if found)  # fmt: skip


def drawn(replies: list[Outbound]) -> str:
    return "\n---\n".join(_drawn(reply) for reply in replies) or "(nothing)"


def read(path: Path) -> list[Any]:
    """The lines of a transcript."""
    lines: list[Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return lines


__all__ = ["Stage", "expect", "misfit", "read", "transcripts"]
