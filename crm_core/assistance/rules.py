"""Limits on asking a language model, by scope."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from crm_core.kernel.limits import Rate

HOUR, DAY = 3600.0, 86_400.0
# Somebody may use half of what he has at once; the rest comes back with time.
AT_ONCE = 0.5


class ModelPolicy(BaseModel):
    """`llm.yaml`: who may be helped, and what a person, and a unit's people together, may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    staff: bool
    customers: bool
    visitors: bool
    tool_calls: int = Field(ge=1, le=20)
    seconds: float = Field(gt=0, le=60)
    messages_an_hour: int = Field(ge=1)
    tokens_a_day: int = Field(ge=1000)
    tokens_a_day_all: int = Field(ge=1000)
    hide_names: bool

    def helps(self, kind: str, known: bool) -> bool:
        """Whether a model reads what this kind of person writes; `known`: a customer we know by name."""
        if kind == "staff":
            return self.staff
        return self.customers if known else self.visitors

    def messages(self) -> tuple[Rate, ...]:
        """A person's messages."""
        return (Rate(self.messages_an_hour, HOUR, AT_ONCE),)

    def tokens(self) -> tuple[Rate, ...]:
        """A person's tokens."""
        return (Rate(self.tokens_a_day, DAY, AT_ONCE),)

    def tokens_all(self) -> tuple[Rate, ...]:
        """The tokens of a whole tenant."""
        return (Rate(self.tokens_a_day_all, DAY, AT_ONCE),)


POLICIES = [("llm", ModelPolicy)]
