"""The card before a change: what it was, what it becomes, and the person's own words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.cards.base import PRIMARY, button
from bot.ports import Button, Card, Field
from bot.texts import Voice
from crm_core.kernel.registry import Change

if TYPE_CHECKING:
    from bot.conversation.pending import Draft

STATES = ("state", "lead_state", "approval")


def confirm_card(
    voice: Voice, title: str, changes: Sequence[Change], words: Mapping[str, str], slots: Sequence[tuple[str, str, str]],
    token: str, round_: int = 0,
) -> Card:  # fmt: skip
    """`words` gives a change's source words by its field; `slots` are (label, value, words) understood besides.

    The buttons belong to this round of the draft: what was corrected since cannot be confirmed with them.
    """
    shown = [Field(label, value, words=said or None) for label, value, said in slots]
    shown += [
        Field(voice.label("field", change.field), _value(voice, change, change.after),
              was=_before(voice, change), words=words.get(change.field), emph=True)
        for change in _merged(changes)
    ]  # fmt: skip
    return Card(
        kind="confirm",
        title=title,
        fields=tuple(shown),
        buttons=confirm_buttons(voice, token, round_),
    )


def confirm_buttons(voice: Voice, token: str, round_: int) -> tuple[Button, ...]:
    """[确认] [改] [取消]."""
    return (
        button(voice, "confirm", "draft.confirm", PRIMARY, t=token, n=round_),
        button(voice, "edit", "draft.edit", t=token, n=round_),
        button(voice, "cancel", "draft.cancel", t=token, n=round_),
    )


def with_words(voice: Voice, card: Card, draft: Draft) -> Card:
    """The card with the words each slot was read from, where it does not show them already."""
    fields = list(card.fields)
    for name in draft.slots:
        label, said = voice.maybe(f"label.slot.{name}"), draft.words(name).strip()
        if not label or not said or any(said in (f.words or "") or said in f.v for f in fields):
            continue
        bare = next((n for n, f in enumerate(fields) if f.k == label and not f.words), None)
        if bare is None:
            fields.append(Field(label, said))
        else:
            fields[bare] = replace(fields[bare], words=said)
    return replace(card, fields=tuple(fields))


def origin(voice: Voice, draft: Draft) -> str | None:
    """Under a card that a model drafted: that it did, and which slots nobody said in so many words."""
    if draft.layer != "model":
        return None
    told = [voice.say("card.by_model")]
    for source in ("quoted", "inferred"):
        names = [voice.maybe(f"label.slot.{name}") for name, slot in draft.slots.items() if slot.get("source") == source]
        if found := [name for name in names if name]:
            told.append(voice.say(f"card.{source}", slots=voice.say("card.and").join(found)))
    return " ".join(told)


def _merged(changes: Sequence[Change]) -> list[Change]:
    """Several steps of one field are one line, from the first to the last; what ends as it was is none."""
    found: dict[str, Change] = {}
    for change in changes:
        first = found.get(change.field)
        found[change.field] = change.model_copy(update={"before": first.before}) if first else change
    return [change for change in found.values() if change.before != change.after]


def _value(voice: Voice, change: Change, value: Any) -> str:
    """States are keys; people read words."""
    return voice.value("state" if change.field in STATES else change.kind, value)


def _before(voice: Voice, change: Change) -> str | None:
    return None if change.before in (None, "") else _value(voice, change, change.before)
