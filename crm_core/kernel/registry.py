"""Which function answers which message. Concepts register by decorator; the core looks up by type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen value of the public vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class Command(Message):
    """Asks the core to change something."""


class Question(Message):
    """Asks the core to tell something."""


class Event(Message):
    """Says that something happened; concepts react in the same transaction."""


views_by_name: dict[str, type[View]] = {}


class View(Message):
    """What the core tells: already limited to what the asker may see."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        views_by_name[cls.__name__] = cls


class Change(Message):
    """One line of before → after. `kind`: text, money (fen), instant, date, stage, person, level, percent."""

    field: str
    before: Any = None
    after: Any = None
    kind: str = "text"


class Result(Message):
    """What a command did: the record's id, what to show, and how to take it back."""

    id: str
    view: Any = None
    undo_id: str | None = None
    again: bool = False
    changes: tuple[Change, ...] = ()


class Preview(Message):
    """What a command would do, found by running it and taking it back."""

    changes: tuple[Change, ...]
    result: Result


F = TypeVar("F", bound=Callable[..., Any])

handlers: dict[type[Command], Callable[..., Any]] = {}
answerers: dict[type[Question], Callable[..., Any]] = {}
reactions: dict[type[Event], list[Callable[..., Any]]] = defaultdict(list)
timer_handlers: dict[str, Callable[..., Any]] = {}
timed: dict[str, type[Any]] = {}
auditors: dict[str, Callable[..., list[str]]] = {}
routines: dict[int, list[type[Command]]] = defaultdict(list)
commands_by_name: dict[str, type[Command]] = {}


def handles(command: type[Command]) -> Callable[[F], F]:
    """The decorated `(command, uow) -> Result` carries out this command."""

    def register(function: F) -> F:
        if command in handlers:
            raise TypeError(f"{command.__name__} has a handler already")
        handlers[command] = function
        commands_by_name[command.__name__] = command
        return function

    return register


def answers(question: type[Question]) -> Callable[[F], F]:
    """The decorated `(question, reader) -> view` answers this question."""

    def register(function: F) -> F:
        if question in answerers:
            raise TypeError(f"{question.__name__} is answered already")
        answerers[question] = function
        return function

    return register


def reacts(event: type[Event]) -> Callable[[F], F]:
    """The decorated `(event, uow) -> None` runs when the event is emitted."""

    def register(function: F) -> F:
        reactions[event].append(function)
        return function

    return register


def on_timer(kind: str) -> Callable[[F], F]:
    """The decorated `(timer, uow) -> None` runs when a timer of this kind is due."""

    def register(function: F) -> F:
        if kind in timer_handlers:
            raise TypeError(f"timer kind {kind!r} has a handler already")
        timer_handlers[kind] = function
        return function

    return register


def timers_about(concept: str, table: type[Any]) -> None:
    """Timers whose subject is `concept:ID` are about rows of this table, which are then held and read together."""
    timed[concept] = table


def audits(name: str) -> Callable[[F], F]:
    """The decorated `(uow) -> list[str]` makes timers again that should exist and do not.

    It returns the subjects (`task:ID`) it found without one.
    """

    def register(function: F) -> F:
        if name in auditors:
            raise TypeError(f"{name!r} is audited already")
        auditors[name] = function
        return function

    return register


def routine(seconds: int, command: type[Command]) -> None:
    """Each tenant's job actor carries this command out every `seconds`; it needs no fields, and twice is as once."""
    if command not in routines[seconds]:
        routines[seconds].append(command)
