"""Which text fits what a customer said, or what his record calls for. Pure decisions over policy."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from crm_core.followups.values import Data, Text

# Values of the record a text may speak of.
PLACEHOLDERS = frozenset(
    {"name", "rep", "dealer", "address", "phone", "car", "price", "off", "until", "visit", "when", "own_car"}
)
_PLACE = re.compile(r"\{([^{}]*)\}")
_FIGURE = re.compile(
    r"\d|[一二两三四五六七八九十百千万]{1,12}(?:元|块|万|折|年|天|个月|公里|成)|百分之"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b (?:days?|weeks?|months?|years?|percent|yuan|km)",
    re.I,
)
SILENT, SOON, ENDS_SOON = timedelta(days=7), timedelta(days=2), timedelta(days=3)


def _template(text: str) -> str:
    """A text of the policy: what it may not know it must not say."""
    if unknown := set(_PLACE.findall(text)) - PLACEHOLDERS:
        raise ValueError(f"unknown placeholders {sorted(unknown)}; known are {', '.join(sorted(PLACEHOLDERS))}")
    if found := _FIGURE.search(_PLACE.sub("", text)):
        raise ValueError(f"{found[0]!r} is a figure; figures come from the record or a document")
    return text


Template = Annotated[str, AfterValidator(_template), Field(min_length=2, max_length=400)]


class ReplyKind(Data):
    """One thing customers say, or one occasion: words that tell it, and texts to answer it with.

    `asks` is what the documents are asked about it.
    """

    title: Text
    hears: tuple[str, ...] = ()
    asks: Text | None = None
    zh: tuple[Template, ...] = Field(min_length=1)
    en: tuple[Template, ...] = Field(min_length=1)

    def texts(self, language: str) -> tuple[str, ...]:
        return self.en if language == "en" else self.zh


class SuggestionPolicy(Data):
    """`suggestions.yaml`. Occasions, which the record tells, must be there; what customers say is free."""

    kinds: dict[str, ReplyKind]

    @model_validator(mode="after")
    def _has_occasions(self) -> SuggestionPolicy:
        if missing := set(OCCASIONS) - set(self.kinds):
            raise ValueError(f"{', '.join(sorted(missing))} missing")
        return self


POLICIES = [("suggestions", SuggestionPolicy)]
OCCASIONS = ("visit_soon", "quote_ends", "after_quote", "after_test_drive", "silent", "invite", "greeting")


def heard(policy: SuggestionPolicy, said: str) -> str:
    """The kind whose words are in what somebody said, the most of them first; empty when there are none."""
    plain = unicodedata.normalize("NFKC", said).casefold()
    scores = {name: sum(len(word) for word in kind.hears if _holds(plain, word)) for name, kind in policy.kinds.items()}
    best = max(scores, key=lambda name: scores[name], default="")
    return best if best and scores[best] else ""


def _holds(plain: str, word: str) -> bool:
    """Chinese words anywhere, others as whole words."""
    word = word.casefold()
    if not word.isascii():
        return word in plain
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", plain) is not None


@dataclass(frozen=True)
class Situation:
    """Where a customer stands. `drove`: he has driven since the deal began and has no quote yet."""

    deal: bool = False
    visit_at: datetime | None = None
    quoted: bool = False
    quote_ends: datetime | None = None
    drove: bool = False
    spoken_at: datetime | None = None


def occasion(at: Situation, now: datetime) -> str:
    """What a message to this customer would best be about."""
    if at.visit_at is not None and at.visit_at - now <= SOON:
        return "visit_soon"
    if at.quoted and at.quote_ends is not None and at.quote_ends - now <= ENDS_SOON:
        return "quote_ends"
    if at.deal and at.spoken_at is not None and now - at.spoken_at >= SILENT:
        return "silent"
    if at.quoted:
        return "after_quote"
    if at.drove:
        return "after_test_drive"
    return "invite" if at.deal and at.visit_at is None else "greeting"
