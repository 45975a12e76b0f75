"""A technician's word on a part, by button or in words; and its way into the catalogue."""

from __future__ import annotations

from typing import Any

from bot.cards.base import joined
from bot.conversation.gate import Need, after, ask, perform
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.fitment.cases_messages import FitCaseOf, FitCaseView, GiveVerdict, ReviewVerdict
from crm_core.kernel.registry import Command, Result
from crm_core.tasks.messages import AnswerQuestion


def answering(talk: Talk, draft: Draft, text: str) -> Command:
    """What an answer to a colleague's question carries out: about a part, clear words are a verdict."""
    task = draft.chosen["task"]
    if draft.chosen.get("verdict") == "fits_if":
        return GiveVerdict(task_id=task, verdict="fits_if", text=text, condition=text)
    case: FitCaseView | None = talk.ask(FitCaseOf(task_id=task))
    read = _read(text) if case is not None and _takes_verdict(talk, case, text) else None
    if read is None:
        return AnswerQuestion(task_id=task, text=text)
    return GiveVerdict.model_validate({"task_id": task, "verdict": read[0], "text": text, "condition": read[1]})


def _takes_verdict(talk: Talk, case: FitCaseView, text: str) -> bool:
    """Whether a verdict would say something: the part was known, or the answer names one by its number."""
    named = case.state == "open" and any(
        one.kind == "oe" for one in talk.brain.parts_said(text, talk.actor, talk.now)
    )
    return case.takes_verdict or named


def _read(text: str) -> tuple[str, str] | None:
    from intents import read_verdict

    return read_verdict(text)


@verb("fit.say")
def press_say(talk: Talk, params: dict[str, Any]) -> None:
    """Fits, or does not; on a condition, which is asked for first."""
    case: FitCaseView | None = talk.ask(FitCaseOf(task_id=params["task"]))
    if params["verdict"] == "fits_if" and case is not None and case.takes_verdict:
        ask(talk, Draft("add_note", chosen={"task": params["task"], "verdict": "fits_if"}), Need("text", "fit_condition"))
        return
    said = talk.voice.say(f"button.part_{params['verdict']}")
    condition = said if params["verdict"] == "fits_if" else ""
    perform(talk, GiveVerdict(task_id=params["task"], verdict=params["verdict"], text=said, condition=condition))


@after(GiveVerdict)
def verdict_given(talk: Talk, command: GiveVerdict, result: Result, draft: Draft | None) -> None:
    """The asker knows; the catalogue does not, before somebody has had a look."""
    view: FitCaseView = result.view
    key = "fitment.proposed" if view.state == "proposed" else "task.answered"
    talk.say(key, *talk.take_back(result.undo_id))


@verb("fit.review")
def press_review(talk: Talk, params: dict[str, Any]) -> None:
    """Into the catalogue, or not."""
    perform(talk, ReviewVerdict(case_id=params["case"], accept=bool(params["accept"])))


@after(ReviewVerdict)
def reviewed(talk: Talk, command: ReviewVerdict, result: Result, draft: Draft | None) -> None:
    view: FitCaseView = result.view
    talk.say(f"fitment.{view.state}", *talk.take_back(result.undo_id), part=joined(view.part, view.oe, by=" "),
             vehicle=view.vehicle)  # fmt: skip
