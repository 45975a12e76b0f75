"""The tools a model is offered: one for each intent this speaker may use. Calling one drafts; nothing is done."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from langchain.tools import ToolRuntime
from langchain_core.tools import StructuredTool, ToolException
from pydantic import ConfigDict, Field, create_model

from ..schema import IntentSpec, load_schema
from ..types import Command, Slot
from .check import Checker, Unsaid, choices
from .redact import Redaction

if TYPE_CHECKING:
    from pydantic import BaseModel

# Bare replies, and what opens a door to somebody: those are typed or pressed by the person himself.
NEVER = frozenset({
    "confirm", "refuse", "cancel", "undo", "greet", "help", "invite_colleague", "connect_account", "set_consent",
})  # fmt: skip


@dataclass
class Drafting:
    """One message being read: what checks a draft, what has been drafted by which call, and how many calls there were.

    Calls of one answer run side by side.
    """

    checker: Checker
    redaction: Redaction
    calls: int
    drafts: dict[str, Command] = field(default_factory=dict)
    evidence: list[tuple[int, int]] = field(default_factory=list)
    used: int = 0
    wrong: int = 0
    last_try: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, spec: IntentSpec, given: dict[str, Any], call: str) -> None:
        """Take a draft, or raise Unsaid with everything that is wrong about it.

        On the last try a slot that does not hold is left out, and the person will be asked for it.
        """
        with self._lock:
            self.used += 1
            left = self.calls - self.used
        if left < 0:
            raise Unsaid("no more tool calls for this message")
        words = {name: self.redaction.show(str(value)).strip() for name, value in given.items() if value}
        asked = words.pop("evidence", "")
        slots, problems = self._slots(spec, words)
        place = self.checker.evidence(spec.name, asked or next((s.words for s in slots.values() if s.words), ""))
        if problems and not self.last_try:
            raise Unsaid("; ".join(problems))
        with self._lock:
            self.evidence.append((place.start, place.end))
            self.drafts[call] = Command(spec.name, slots)

    def drafted(self, order: Sequence[str]) -> list[Command]:
        """The drafts in the order of their calls, each once."""
        found = [self.drafts[call] for call in order if call in self.drafts]
        return [command for n, command in enumerate(found) if command not in found[:n]]

    def _slots(self, spec: IntentSpec, words: dict[str, str]) -> tuple[dict[str, Slot], list[str]]:
        """The slots that hold, and what is wrong about the others."""
        slots, problems = {}, []
        for name, said in words.items():
            try:
                slots[name] = self.checker.slot(spec.name, name, said)
            except Unsaid as error:
                problems.append(str(error))
        return slots, problems


@cache
def tools_for(offered: frozenset[str], language: str) -> tuple[StructuredTool, ...]:
    """A tool for each intent that may be offered; descriptions hold an example in this language."""
    schema = load_schema()
    return tuple(_tool(schema[name], language) for name in schema if name in offered - NEVER)


def _tool(spec: IntentSpec, language: str) -> StructuredTool:
    def draft(runtime: ToolRuntime[Drafting], **given: Any) -> str:
        try:
            runtime.context.add(spec, given, runtime.tool_call_id or "")
        except Unsaid as error:
            runtime.context.wrong += 1
            raise ToolException(str(error)) from None
        return "drafted"

    return StructuredTool.from_function(
        draft, name=spec.name, description=f"Such as: {spec.example[language]}", args_schema=_arguments(spec),
        handle_tool_error=True,
    )  # fmt: skip


def _arguments(spec: IntentSpec) -> type[BaseModel]:
    """Every slot may be left out: what is missing is asked of the person, never made up."""
    fields: dict[str, Any] = {"evidence": (str, Field(default=""))}
    for slot in spec.slots:
        listed = sorted(set(choices(spec.name, slot).values()))
        extra: dict[str, Any] = {"enum": ["", *listed]} if listed else {}
        fields[slot] = (str, Field(default="", json_schema_extra=extra or None))
    lenient = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    made: type[BaseModel] = create_model(spec.name, __config__=lenient, **fields)
    return made
