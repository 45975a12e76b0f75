"""How much one sender may say at once, and how much of strangers' talk may wait, as policy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from crm_core.kernel.limits import SAFETY, Rate

MINUTE = 60.0


class FloodPolicy(BaseModel):
    """`floods.yaml`. All figures count messages and presses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_once: int = Field(ge=5, le=1000)
    a_minute: int = Field(ge=1, le=1000)
    waiting: int = Field(ge=5, le=10_000)
    guests_waiting: int = Field(ge=10)
    guests_waiting_all: int = Field(ge=10)

    def pace(self) -> tuple[Rate, ...]:
        """A sender's bucket: `at_once`, and `a_minute` more each minute."""
        n = math.ceil((self.at_once + self.a_minute) / SAFETY)
        return (Rate(n, MINUTE, (self.at_once + 0.5) / n),)

    def told(self) -> tuple[Rate, ...]:
        """How often somebody hears that he was too fast."""
        return (Rate(1, MINUTE),)


@dataclass(frozen=True)
class Crowd:
    """What waits as an arrival is taken up: of its own sender (`newest` is the last of them), and of everybody."""

    behind: int
    newest: int
    tenant: int
    whole: int


def busy(crowd: Crowd, policy: FloodPolicy) -> bool:
    """Whether so much waits that guests, who are many, must let colleagues pass."""
    return crowd.tenant > policy.guests_waiting or crowd.whole > policy.guests_waiting_all


POLICIES = [("floods", FloodPolicy)]
