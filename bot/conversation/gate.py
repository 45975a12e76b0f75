"""The one gate every reading passes, whichever layer it came from: ask, do at once, or show and confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.cards.base import PRIMARY, button
from bot.cards.confirm import confirm_card, origin, with_words
from bot.conversation.pending import Draft
from bot.conversation.talk import HandsOff, Talk
from bot.ports import Button, Card, Field
from crm_core.kernel.errors import ChexinError, Invalid, Unavailable
from crm_core.kernel.registry import Command, Result
from crm_core.undo.messages import Correct
from intents.doubts import doubted


class Tier(StrEnum):
    """What a mistake costs: nothing, an undo, or more."""

    READ = "read"
    OWN = "own"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Need:
    """One question for what is missing: the text `ask.<key>`, chips that answer it, or a card of its own."""

    slot: str
    key: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    card: Card | None = None


@dataclass(frozen=True)
class Act:
    """A command ready to be carried out. `words` are the person's own words by changed field; `slots` (label,
    value, words) are shown on the card besides what changes, and say the changed fields in `told` already;
    `buttons` are offered besides; with `confirm` a card comes first, whatever it would cost otherwise."""

    command: Command
    title: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    slots: Sequence[tuple[str, str, str]] = ()
    told: frozenset[str] = frozenset()
    buttons: Sequence[Button] = ()
    confirm: bool = False


Step = Need | Act | None
Plan = Callable[[Talk, Draft], Step]
Finish = Callable[[Talk, Any, Result, Draft | None], None]


@dataclass(frozen=True)
class Skill:
    """What answers an intent. `plan` returns the next step, or None when it has answered already."""

    intent: str
    tier: Tier
    plan: Plan


# Readings that somebody confirms before anything is done.
UNSURE = ("model", "spoken", "ranker")
skills: dict[str, Skill] = {}
finishes: dict[str, Finish] = {}
# Which slot to ask for again when the core finds a field invalid.
_FIELD_SLOTS = {"start": "when", "end": "when", "until": "when", "due_at": "when", "on": "when",
                "amount_fen": "money", "price_fen": "money", "phone": "phone", "stage": "stage", "level": "level",
                "text": "text", "question": "text", "reason": "reason"}  # fmt: skip


def skill(*intents: str, tier: Tier = Tier.READ) -> Callable[[Plan], Plan]:
    """The decorated `(talk, draft) -> Step` answers these intents."""

    def register(plan: Plan) -> Plan:
        for intent in intents:
            skills[intent] = Skill(intent, tier, plan)
        return plan

    return register


def after(command: type[Command]) -> Callable[[Finish], Finish]:
    """The decorated `(talk, command, result, draft) -> None` says what the command did."""

    def register(finish: Finish) -> Finish:
        finishes[command.__name__] = finish
        return finish

    return register


def pass_through(talk: Talk, draft: Draft) -> None:
    """Take a draft as far as it goes: one question, a card to confirm, or done and said."""
    known = skills.get(draft.intent)
    if known is None:
        talk.say("sorry.not_yet")
        return
    try:
        step = _planned(talk, known, draft)
    except HandsOff:
        _ask_first(talk, draft)
        return
    if isinstance(step, Need):
        ask(talk, draft, step)
    elif isinstance(step, Act):
        _act(talk, draft, step, known.tier)
    else:
        talk.memory.settle(draft.token, "")
        go_on(talk, draft)


def _planned(talk: Talk, known: Skill, draft: Draft) -> Step:
    """The next step. While an unsure reading is planned nothing can be carried out, whatever the skill tries."""
    talk.hands_off = draft.layer in UNSURE and known.tier is not Tier.READ
    said = len(talk.replies)
    try:
        return known.plan(talk, draft)
    except HandsOff:
        del talk.replies[said:]
        raise
    finally:
        talk.hands_off = False


def _ask_first(talk: Talk, draft: Draft) -> None:
    """What a skill does at once is named with the words it was read from, and done when that is confirmed."""
    voice = talk.voice
    offer = talk.memory.offer_readings([{"intent": draft.intent, "slots": draft.slots}])
    shown = [(voice.maybe(f"label.slot.{name}") or "", draft.text(name)) for name in draft.slots]
    fields = tuple(Field(label, said) for label, said in shown if label and said)
    title = voice.maybe(f"intent.{draft.intent}") or voice.say("card.confirm")
    yes = button(voice, "confirm", "reading", PRIMARY, n=0, o=offer, yes=True)
    talk.show(Card("confirm", title, fields, (yes,), note=origin(voice, draft)))


def is_slot(talk: Talk, asked: str) -> bool:
    """Whether an asked name is one people know a word for; a qualifier of the catalogue is chosen by its chip."""
    return bool(asked and talk.voice.maybe(f"label.slot.{asked}"))


def _act(talk: Talk, draft: Draft, act: Act, tier: Tier) -> None:
    """At once for the actor's own complete, model-free writes; a card for everything else."""
    try:
        if act.confirm or tier is Tier.CONFIRM or draft.layer in UNSURE or doubted(draft.intent, talk.text):
            propose(talk, draft, act)
        else:
            perform(talk, act.command, draft)
    except Invalid as error:
        _ask_again(talk, draft, error)


def _ask_again(talk: Talk, draft: Draft, error: Invalid) -> None:
    slot = _FIELD_SLOTS.get(error.field)
    talk.tell(talk.voice.error(error))
    if slot is None:
        talk.memory.settle(draft.token, "")
        go_on(talk, draft)
        return
    draft.slots.pop(slot, None)
    draft.asked, draft.command = slot, None
    keep(talk, draft)


def ask(talk: Talk, draft: Draft, need: Need) -> None:
    """Put one question and remember what it is for."""
    draft.asked, draft.prompts, draft.command = need.slot, 0, None
    shown = need.card.buttons if need.card is not None else need.buttons
    draft.options = {b.label: b.params for b in shown if b.verb == "draft.pick"}
    keep(talk, draft)
    if need.card is not None:
        talk.show(need.card)
    else:
        talk.say(f"ask.{need.key or need.slot}", *need.buttons, **need.params)


def propose(talk: Talk, draft: Draft, act: Act) -> None:
    """Show what would change, found by the very rules that will change it."""
    preview = talk.core.preview(_change(act.command, draft), talk.actor)
    draft.keep_command(act.command)
    draft.asked = ""
    draft.round += 1
    for older in talk.memory.superseded(draft):
        talk.memory.settle(older.token, talk.voice.say("press.changed"))
    keep(talk, draft)
    title = draft.title = act.title or talk.voice.say("card.confirm")
    changes = [change for change in preview.changes if change.field not in act.told]
    card = confirm_card(talk.voice, title, changes, act.words, act.slots, draft.token, draft.round)
    if draft.layer in UNSURE or not card.fields:
        card = with_words(talk.voice, card, draft)
    talk.show(replace(card, buttons=(*card.buttons, *act.buttons), note=_note(talk, draft)))


def keep(talk: Talk, draft: Draft) -> None:
    """The draft is what a bare word belongs to; one that there is no room for any more is let go, and says so."""
    for dropped in talk.memory.put(draft, talk.now):
        talk.memory.settle(dropped.token, talk.voice.say("press.let_go"))


def _note(talk: Talk, draft: Draft) -> str | None:
    """Who read it, and what of the same message comes after this."""
    following = [talk.voice.maybe(f"intent.{one['intent']}") or one["intent"] for one in draft.rest]
    then = talk.voice.say("card.then", what=talk.voice.say("done.joint").join(following)) if following else ""
    return "\n".join(filter(None, (origin(talk.voice, draft), then))) or None


def perform(talk: Talk, command: Command, draft: Draft | None = None) -> Result:
    """Carry out and say so. A draft that corrects an earlier write puts this in its place."""
    result = talk.do(_change(command, draft))
    said = len(talk.replies)
    talk.writing = draft
    finish = finishes.get(type(command).__name__)
    if finish is None:
        talk.say("done.plain", *talk.take_back(result.undo_id))
    else:
        finish(talk, command, result, draft)
    talk.writing = None
    if draft is not None:
        _tell_corrected(talk, draft, said)
        talk.memory.wrote(draft, result.undo_id or "", result.id, talk.now)
        talk.memory.settle(draft.token, talk.voice.say("press.confirmed", said=_summary(talk, said)))
        go_on(talk, draft)
    return result


def _change(command: Command, draft: Draft | None) -> Command:
    return Correct.by(draft.undo_id, command) if draft is not None and draft.undo_id else command


def _tell_corrected(talk: Talk, draft: Draft, said: int) -> None:
    """What was corrected stands above the answer: from what to what."""
    if draft.changed and said < len(talk.replies):
        first = talk.replies[said]
        text = talk.voice.say("done.corrected", what=talk.voice.say("done.joint").join(draft.changed.values()))
        talk.replies[said] = replace(first, text="\n".join(filter(None, (text, first.text))))


def _summary(talk: Talk, since: int) -> str:
    """What was said, for whoever presses the same button again."""
    for reply in talk.replies[since:]:
        if reply.card is not None:
            return reply.card.title
        if reply.text:
            return reply.text
    return talk.voice.say("done.plain")


def go_on(talk: Talk, draft: Draft) -> None:
    """The further commands of the same message; what goes wrong there does not spoil what was done."""
    following = _following(draft)
    if following is not None:
        attempt(talk, following)


def _following(draft: Draft) -> Draft | None:
    """The next command of the same message, about the same person where it names no other."""
    if not draft.rest:
        return None
    first, *rest = draft.rest
    following = Draft(first["intent"], first["slots"], layer=draft.layer, rest=rest)
    if "person" in draft.chosen and following.text("person") in ("", draft.text("person")):
        following.chosen["person"] = draft.chosen["person"]
    return following


def attempt(talk: Talk, draft: Draft) -> None:
    """Take a draft as far as it goes; when it fails, say so and go on with the rest of its message."""
    try:
        pass_through(talk, draft)
    except Unavailable:
        raise
    except ChexinError as error:
        talk.tell(talk.voice.error(error))
        talk.memory.settle(draft.token, talk.voice.say("press.over"))
        go_on(talk, draft)


def confirm(talk: Talk, draft: Draft) -> None:
    """The actor said yes to the card."""
    command = draft.kept_command()
    if command is None:
        pass_through(talk, draft)
        return
    try:
        perform(talk, command, draft)
    except Invalid as error:
        _ask_again(talk, draft, error)


def cancel(talk: Talk, draft: Draft) -> None:
    """The actor does not want it after all; nothing was changed."""
    talk.memory.settle(draft.token, talk.voice.say("press.cancelled"))
    following = None if draft.asked == "rest" else _following(draft)
    if following is None:
        talk.say("done.cancelled")
        return
    following.asked = "rest"
    keep(talk, following)
    what = [talk.voice.maybe(f"intent.{one}") or one for one in (following.intent, *(r["intent"] for r in following.rest))]
    yes = button(talk.voice, "go_on", "draft.go", PRIMARY, t=following.token)
    no = button(talk.voice, "none_of_it", "draft.cancel", t=following.token)
    talk.say("ask.rest", yes, no, what=talk.voice.say("done.joint").join(what))


def edit(talk: Talk, draft: Draft) -> None:
    """The actor wants something in it different."""
    keep(talk, replace(draft, asked="edit", prompts=0))
    talk.say(f"edit.{draft.intent}" if talk.voice.maybe(f"edit.{draft.intent}") else "edit.other",
             button(talk.voice, "cancel", "draft.cancel", t=draft.token))  # fmt: skip
