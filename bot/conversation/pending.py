"""What a chat remembers between turns: drafts, whom it is about, and what was just shown. Plain JSON inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_core.kernel.ids import new_id
from crm_core.kernel.registry import Command, commands_by_name

DRAFT_LIFE = timedelta(hours=2)
QUESTION_LIFE = timedelta(minutes=30)
CORRECTION_LIFE = timedelta(hours=2)
FOCUS_LIFE = timedelta(hours=2)
MAX_DRAFTS = 6
MAX_WRITTEN = 6
MAX_SETTLED = 8
MAX_CHOICES = 4


@dataclass
class Draft:
    """A command in the making. `slots` are `{name: {"value", "words"}}`, `chosen` the records they stand for.

    `asked` names the slot the person was asked for; `command` is what a confirmation card showed;
    `undo_id` is the write this draft corrects; `rest` are further commands of the same message; `options` are
    the chips that were offered, by label, for whoever types one. Of the cards shown for it only the newest
    (`round`, `title`) can be confirmed. A draft that was carried out keeps the `record` it made; one that corrects
    it says in `changed`, by slot, from what to what.
    """

    intent: str
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    layer: str = "grammar"
    token: str = field(default_factory=new_id)
    asked: str = ""
    prompts: int = 0
    at: str = ""
    command: dict[str, Any] | None = None
    undo_id: str = ""
    rest: list[dict[str, Any]] = field(default_factory=list)
    reminded: bool = False
    round: int = 0
    title: str = ""
    record: str = ""
    changed: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def waits_for_yes(self) -> bool:
        """Its card was shown and nothing is asked."""
        return self.command is not None and not self.asked

    def value(self, slot: str) -> Any:
        return self.slots.get(slot, {}).get("value")

    def words(self, slot: str) -> str:
        return str(self.slots.get(slot, {}).get("words") or "")

    def text(self, slot: str) -> str:
        """The slot as text: its value when that is text, else the words."""
        value = self.value(slot)
        return value if isinstance(value, str) else self.words(slot)

    def told_apart(self) -> str:
        """The words that tell it from others: whose it is, what it says. Of other slots the value may be a code."""
        words = self.text("person") or self.text("text")
        others = (said for name in self.slots if name != "said" and (said := self.words(name)))
        return (words or next(others, ""))[:20]

    def fill(self, slots: dict[str, dict[str, Any]]) -> None:
        """Take slots over; a new person or vehicle must be found anew."""
        for name, slot in slots.items():
            self.slots[name] = slot
            self.chosen.pop(name, None)
        self.command = None

    def keep_command(self, command: Command) -> None:
        """Remember exactly what is being confirmed."""
        self.command = {"name": type(command).__name__, "data": command.model_dump(mode="json")}

    def kept_command(self) -> Command | None:
        """The command a confirmation card showed."""
        if self.command is None:
            return None
        return commands_by_name[self.command["name"]].model_validate(self.command["data"])


@dataclass
class Memory:
    """The state of one chat. `current` is the draft a bare word belongs to.

    `listed` are customers just shown as a list. `written` are the drafts carried out lately, oldest first, so that
    words can still correct them. `readings` are what the chips of the newest `offer` stand for. `ticked` are the ids
    chosen on cards of boxes, by card. `together` are the undos of what was written at one go, `undone`
    tells that the last thing done was taking something back.
    """

    drafts: list[Draft] = field(default_factory=list)
    written: list[Draft] = field(default_factory=list)
    current: str = ""
    focus: dict[str, dict[str, str]] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    listed: list[list[str]] = field(default_factory=list)
    listed_at: str = ""
    readings: list[dict[str, Any]] = field(default_factory=list)
    offer: str = ""
    misses: int = 0
    ticked: dict[str, list[str]] = field(default_factory=dict)
    together: list[list[str]] = field(default_factory=list)
    undone: bool = False

    @staticmethod
    def load(state: dict[str, Any], now: datetime) -> Memory:
        """Read what was saved; drafts that outlived their time are dropped."""
        drafts = [Draft(**d) for d in state.get("drafts", ())]
        memory = Memory(
            drafts=[d for d in drafts if _fresh(d.at, now, DRAFT_LIFE)],
            written=[Draft(**d) for d in state.get("written", ())],
            current=state.get("current", ""),
            focus=state.get("focus", {}),
            settled=state.get("settled", {}),
            listed=state.get("listed", []),
            listed_at=state.get("listed_at", ""),
            readings=state.get("readings", []),
            offer=state.get("offer", ""),
            misses=state.get("misses", 0),
            ticked=state.get("ticked", {}),
            together=state.get("together", []),
            undone=state.get("undone", False),
        )
        waiting = memory.waiting
        if waiting is not None and waiting.asked and not _fresh(waiting.at, now, QUESTION_LIFE):
            memory.current = ""
        return memory

    def save(self) -> dict[str, Any]:
        """The plain form."""
        plain = {name: [vars(draft) for draft in getattr(self, name)] for name in ("drafts", "written")}
        return vars(self) | plain

    @property
    def waiting(self) -> Draft | None:
        """The draft a bare answer belongs to."""
        return self.draft(self.current) if self.current else None

    def draft(self, token: str) -> Draft | None:
        return next((d for d in (*self.drafts, *self.written) if d.token == token), None)

    def put(self, draft: Draft, now: datetime) -> list[Draft]:
        """The draft becomes the current one. Returns those that there is no room for any more, the oldest."""
        draft.at = now.isoformat()
        drafts = [*(d for d in self.drafts if d.token != draft.token), draft]
        self.drafts, dropped = drafts[-MAX_DRAFTS:], drafts[:-MAX_DRAFTS]
        self.current = draft.token
        return dropped

    def wrote(self, draft: Draft, undo_id: str, record: str, now: datetime) -> Draft:
        """Keep what was carried out, so that it can be corrected; returns the draft kept for that."""
        keep = next((d for d in self.written if undo_id and d.undo_id == undo_id), None)
        if keep is None:
            keep = Draft(draft.intent, dict(draft.slots), dict(draft.chosen), draft.layer, undo_id=undo_id)
        keep.record, keep.at = record, now.isoformat()
        gone = (undo_id, draft.undo_id)
        others = (d for d in self.written if d is not keep and not (d.undo_id and d.undo_id in gone))
        self.written = [*others, keep][-MAX_WRITTEN:]
        return keep

    def wrote_together(self, undos: list[str]) -> None:
        """All of these are one write to whoever takes it back."""
        self.together = [*self.together, undos][-MAX_WRITTEN:]

    def along_with(self, undo_id: str) -> list[str]:
        """What was written with it, the newest first."""
        found = next((undos for undos in self.together if undo_id in undos), [])
        return [one for one in reversed(found) if one != undo_id]

    def taken_back(self, undo_id: str) -> None:
        """A write that was undone cannot be corrected any more."""
        self.written = [d for d in self.written if d.undo_id != undo_id]

    def settle(self, token: str, said: str) -> None:
        """The draft is done with; a later press of its buttons hears `said` again."""
        self.drafts = [d for d in self.drafts if d.token != token]
        self.settled = dict([*self.settled.items(), (token, said)][-MAX_SETTLED:])
        if self.current == token:
            self.current = ""

    @staticmethod
    def is_stale(draft: Draft, now: datetime) -> bool:
        """Whether its question was put too long ago for a bare answer."""
        return not _fresh(draft.at, now, QUESTION_LIFE)

    def superseded(self, draft: Draft) -> list[Draft]:
        """Cards that wait for the same kind of change of the same record: a newer one takes their place."""
        about = {name: draft.chosen.get(name) for name in ("person", "deal", "lead", "appointment")}
        return [d for d in self.drafts if d.token != draft.token and d.intent == draft.intent and d.waits_for_yes
                and any(about.values()) and all(d.chosen.get(n) == v for n, v in about.items())]  # fmt: skip

    def unanswered(self) -> Draft | None:
        """The newest draft whose question was interrupted."""
        return next((d for d in reversed(self.drafts) if d.asked and d.token != self.current), None)

    def offer_readings(self, readings: list[dict[str, Any]]) -> str:
        """Remember what chips stand for; returns what they carry, so that older chips choose nothing."""
        self.readings, self.offer = readings, new_id()
        return self.offer

    def reading(self, params: dict[str, Any]) -> dict[str, Any] | None:
        """What a chip stands for, when it belongs to the newest offer."""
        number = int(params["n"])
        fits = params.get("o") == self.offer and number < len(self.readings)
        return self.readings[number] if fits else None

    def tick(self, card: str, record_id: str, *, on: bool) -> list[str]:
        """Tick or untick a box of a card; returns what is ticked on it now. Kept for the latest cards."""
        others = [one for one in self.ticked.pop(card, []) if one != record_id]
        now = [*others, record_id] if on else others
        self.ticked = dict([*self.ticked.items(), (card, now)][-MAX_CHOICES:])
        return now

    def let_go(self) -> None:
        """Nothing is waited for any more; buttons shown keep working."""
        self.current = ""

    def look_at(self, what: str, record_id: str, name: str, now: datetime) -> None:
        """`what` (customer, lead, deal, approval, appointment, task, wish) is what is spoken about now."""
        self.focus[what] = {"id": record_id, "name": name, "at": now.isoformat()}
        if what == "customer":
            for other in ("lead", "deal", "appointment"):
                self.focus.pop(other, None)

    def looking_at(self, what: str, now: datetime) -> str | None:
        """The record spoken about lately, or None."""
        seen = self.focus.get(what)
        return seen["id"] if seen and _fresh(seen["at"], now, FOCUS_LIFE) else None

    def shown_list(self, now: datetime) -> list[list[str]]:
        """The customers (id, name) shown one below the other last, while that is not long ago."""
        return self.listed if _fresh(self.listed_at, now, QUESTION_LIFE) else []

    def car(self, now: datetime) -> str:
        """The car spoken of last: by name, or as what a deal is about."""
        seen = [found for what in ("vehicle", "deal") if (found := self.focus.get(what)) and found["name"]]
        newest = max(seen, key=lambda one: one["at"], default=None)
        return newest["name"] if newest and _fresh(newest["at"], now, FOCUS_LIFE) else ""

    def focus_name(self, now: datetime, what: str = "customer") -> str | None:
        return self.focus[what]["name"] if self.looking_at(what, now) else None


def _fresh(at: str, now: datetime, life: timedelta) -> bool:
    return bool(at) and now - datetime.fromisoformat(at) < life
