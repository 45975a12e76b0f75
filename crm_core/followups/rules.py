"""When people are reminded, as data, and the texts customers may be sent. Pure values."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from crm_core.followups.sop import Planned, Sop, Step, plan, stops
from crm_core.followups.values import Clock, Data, Duration, Place, Text, due, duration

__all__ = [
    "POLICIES", "Clock", "Duration", "FollowupPolicy", "Place", "Planned", "Sop", "Step", "Template", "TemplatePolicy",
    "Text", "due", "duration", "plan", "stops",
]  # fmt: skip


class ApprovalTimes(Data):
    clock: Clock = "working"
    remind_after: Duration = timedelta(minutes=30)
    deputy_after: Duration = timedelta(hours=1)
    escalate_after: Duration = timedelta(hours=2)
    again_after: Duration = timedelta(hours=8)


class AppointmentTimes(Data):
    day_at: time = time(9)
    remind_before: Duration = timedelta(hours=2)
    brief_before: Duration = timedelta(hours=1)
    check_after: Duration = timedelta(minutes=30)
    manager_after: Duration = timedelta(hours=4)
    default_length: Duration = timedelta(hours=1)


class TaskTimes(Data):
    clock: Clock = "working"
    answer_within: Duration = timedelta(hours=2)


def _unquoted(value: Any) -> Any:
    """YAML reads a bare `off` as false."""
    return "off" if value is False else value


class BirthdayTimes(Data):
    at: time = time(9)
    look_ahead: Duration = timedelta(hours=48)
    catch_up: Duration = timedelta(hours=12)
    feb_29: Literal["feb_28", "mar_1"] = "feb_28"
    greeting: Annotated[Literal["auto", "ask", "off"], BeforeValidator(_unquoted)] = "auto"


class FollowupPolicy(Data):
    """`followups.yaml`."""

    approvals: ApprovalTimes = ApprovalTimes()
    appointments: AppointmentTimes = AppointmentTimes()
    tasks: TaskTimes = TaskTimes()
    birthday: BirthdayTimes = BirthdayTimes()


class Template(Text):
    """A text that may go out to customers once it is approved."""

    approved: bool = False

    def filled(self, language: str, **values: str) -> str:
        """The text with `{name}` and `{dealer}` filled in; other braces stay as they are."""
        text = self.of(language)
        for name in ("name", "dealer"):
            text = text.replace(f"{{{name}}}", values.get(name, ""))
        return text


class TemplatePolicy(Data):
    """`templates.yaml`."""

    templates: dict[str, Template]


POLICIES = [("followups", FollowupPolicy), ("templates", TemplatePolicy), ("sop", Sop)]
