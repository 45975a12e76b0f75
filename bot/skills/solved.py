"""What helps a colleague to answer: the nearest notes, how others answered the like, and better words for an answer."""

from __future__ import annotations

from typing import Any

from bot.cards.base import button
from bot.cards.knowledge import related_card
from bot.cards.learning import draft_card
from bot.conversation.gate import after, pass_through
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.kernel.registry import Result
from crm_core.outreach.messages import ReplyTexts, ReplyTextsView
from crm_core.solved.messages import RewordAnswer, SolvedCases, SolvedCaseView
from crm_core.solved.rules import AnswerPolicy
from crm_core.tasks.messages import TaskCard, TaskView


@verb("related.show")
def press_related(talk: Talk, params: dict[str, Any]) -> None:
    """From the card of a question, or of a customer who is being served: nothing leaves for him."""
    task: TaskView | None = talk.ask(TaskCard(task_id=str(params["task"]))) if params.get("task") else None
    question = task.title if task is not None else _last_said(talk, str(params.get("customer") or ""))
    if not question:
        talk.say("knowledge.nothing_asked")
        return
    notes, cases = talk.brain.related(question, talk.actor), similar_cases(talk, question)
    if not notes and not cases:
        talk.say("knowledge.nothing_related")
        return
    buttons = (button(talk.voice, "answer", "task.answer", task=task.id),) if task is not None and _mine(talk, task) else ()
    talk.show(related_card(talk.voice, question, notes, cases, buttons))


def _mine(talk: Talk, task: TaskView) -> bool:
    return task.kind == "question" and task.state == "open" and task.assignee_id == talk.actor.id


def _last_said(talk: Talk, customer_id: str) -> str:
    """What the customer asked last, as far as the actor may read it."""
    view: ReplyTextsView = talk.ask(ReplyTexts(customer_id=customer_id))
    return view.said


def similar_cases(talk: Talk, question: str) -> list[SolvedCaseView]:
    """Answered questions of the house that are like this one; not the question itself."""
    most = talk.core.policies.model("answers", AnswerPolicy, unit=talk.actor.unit).cases_shown
    known: list[SolvedCaseView] = talk.ask(SolvedCases()) if talk.is_staff else []
    return [known[at] for at in talk.brain.similar(question, [one.question for one in known], most)]


@verb("answer.reword")
def press_reword(talk: Talk, params: dict[str, Any]) -> None:
    """The next sentence takes the place of an answer that waits to be published."""
    pass_through(talk, Draft("add_note", chosen={"draft": str(params["draft"])}))


@after(RewordAnswer)
def reworded(talk: Talk, command: RewordAnswer, result: Result, draft: Draft | None) -> None:
    """The card comes again with the new words, to be decided."""
    talk.show(draft_card(talk.voice, result.view), talk.voice.say("knowledge.reworded"))
