"""Cards about a technician's verdict on a part: his buttons, and the review before it becomes a row."""

from __future__ import annotations

from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.fitment.cases_messages import FitCaseCard, FitCaseOf, FitCaseView
from crm_core.tasks.messages import TaskView

VERDICTS = ("fits", "fits_if", "does_not_fit")
TONES = {"accepted": "good", "declined": "done"}


def verdict_buttons(easel: Easel, task: TaskView) -> tuple[Button, ...]:
    """[适用] [有条件适用] [不适用] for the technician who was asked about one part and one model."""
    if task.kind != "question" or task.state != "open" or task.assignee_id != easel.actor.id:
        return ()
    case: FitCaseView | None = easel.ask(FitCaseOf(task_id=task.id))
    if case is None or not case.takes_verdict:
        return ()
    return tuple(button(easel.voice, f"part_{one}", "fit.say", task=task.id, verdict=one) for one in VERDICTS)


def verdict_fields(easel: Easel, task: TaskView) -> tuple[Field, ...]:
    """What a technician's answer says about which part, for its asker."""
    case: FitCaseView | None = easel.ask(FitCaseOf(task_id=task.id)) if task.kind == "question" else None
    if case is None or not case.verdict:
        return ()
    voice = easel.voice
    return lines(voice, ("part", joined(case.part, case.oe, by=" ")), ("verdict", verdict_words(voice, case)))


def verdict_words(voice: Voice, case: FitCaseView) -> str:
    """`有条件适配（选装1ZE）`."""
    return joined(voice.say(f"verdict.{case.verdict}"), case.condition, by=": ")


@pushed("fit_review", subject="fit_case")
def review(easel: Easel, case_id: str, params: dict[str, Any]) -> Outbound:
    """The row as it would stand in the catalogue."""
    return out(review_card(easel.voice, easel.ask(FitCaseCard(case_id=case_id))))


def review_card(voice: Voice, view: FitCaseView) -> Card:
    """A proposed row; while it waits, those who may decide."""
    buttons = (
        button(voice, "into_catalogue", "fit.review", PRIMARY, case=view.id, accept=True),
        button(voice, "not_into_catalogue", "fit.review", case=view.id, accept=False),
    )
    part = joined(view.part, view.oe, by=" ")
    return Card(
        kind="fit_review",
        title=voice.say("fitment.review", who=view.author_name, part=part, vehicle=view.vehicle,
                        verdict=voice.say(f"verdict.{view.verdict}")),
        fields=lines(voice, ("condition", view.condition), ("who", view.reviewer_name),
                     ("against", voice.say(f"verdict.{view.against}") if view.against else "")),
        buttons=buttons if view.may_review else (),
        status=voice.label("fit_case", view.state),
        tone=TONES.get(view.state),
        subject=f"fit_case:{view.id}",
    )  # fmt: skip
