"""Reading a message: an answer to what was asked, a word to a card, a correction, or something new."""

from __future__ import annotations

import re
import unicodedata

from bot.conversation import gate, open_cards
from bot.conversation.corrections import correct, kept, put_right, right_now, takes
from bot.conversation.gate import Need
from bot.conversation.pending import Draft
from bot.conversation.presses import carry_out
from bot.conversation.reading import labelled, understood_of
from bot.conversation.references import option, resolved
from bot.conversation.slots import MAIN_SLOT
from bot.conversation.talk import Talk
from bot.conversation.unclear import leaves_phone, offer, plain, unrecognised
from bot.conversation.whom import take_up
from bot.ports import Button, Outbound
from bot.skills import learning
from bot.skills.approvals import last_shown
from bot.skills.drafts import take
from bot.skills.help import show_help
from bot.skills.language import ask_language, follow, switch, wanted
from bot.skills.part_cars import is_car
from bot.skills.pasted import pasted
from bot.skills.photos import PICTURE, is_whose
from crm_core.channels.tables import PLATFORMS
from crm_core.customers.messages import CustomerLine, FindCustomers
from intents.schema import load_schema
from intents.thanks import only_thanks
from intents.types import Command, Context, Understanding

MAX_TEXT = 2000
# 不用提醒了 with nothing to confirm is about the reminder that came.
_REMINDS = re.compile(r"提醒|remind", re.I)
# A question is not the answer to one.
_ASKS = re.compile(r"[?？]\s*$|吗\s*$|^查|^(?:what|how|when|where|who|which|does|is|can)\b", re.I)
FREE_SLOTS = ("text", "reason", "outcome")
# Intents of one bare word, which may as well be a button of the card above.
LABEL_LIKE = ("complete_task", "ask_knowledge", "mark_lost")
CONTROL = ("confirm", "refuse", "cancel")


def text(talk: Talk, said: str) -> None:
    """Answer a typed message."""
    said = said.strip()
    if not has_words(said):
        talk.say("sorry.no_words" if said else "sorry.empty")
        return
    if len(said) > MAX_TEXT:
        talk.say("sorry.too_long", n=MAX_TEXT)
        return
    language = wanted(said)
    if language is not None:
        switch(talk, language)
        return
    follow(talk, said)
    talk.text = said
    if talk.spoken:
        talk.say("reception.heard", text=said)
    waiting = talk.memory.waiting
    if waiting is None and only_thanks(said):
        talk.say("greet.welcome")
        return
    if waiting is not None and (label := option(said, list(waiting.options))):
        take(talk, waiting, waiting.options[label])
        return
    take_up(talk)
    said = resolved(talk, said)
    if waiting is not None and waiting.asked in FREE_SLOTS and names_another(talk, waiting, said):
        waiting = None
    if waiting is not None and waiting.asked == "vehicle" and is_car(talk, waiting, said):
        return
    if waiting is not None and waiting.intent == PICTURE:
        if is_whose(talk, waiting, said):
            return
        waiting = None
    if (waiting is None or not takes(talk, waiting, said)) and correct(talk, said):
        talk.memory.misses = 0
        return
    if (waiting is None or waiting.asked not in FREE_SLOTS) and (pasted(talk, said) or learning.heard(talk, said)):
        return
    free = waiting is not None and waiting.asked in FREE_SLOTS and not _ASKS.search(said)
    understood = understood_of(talk, said, _context(talk, waiting), free=free)
    talk.layer = understood.layer
    if waiting is not None and _for_draft(talk, waiting, understood, said):
        talk.memory.misses = 0
    elif not _label(talk, understood, said):
        _new(talk, understood, said)


def _label(talk: Talk, understood: Understanding, said: str) -> bool:
    """A typed label of a live button is a press of it."""
    clear = understood.outcome == "recognised" and understood.commands[0].intent not in LABEL_LIKE
    action = None if clear else labelled(talk, said)
    if action is not None:
        carry_out(talk, action)
    return action is not None


def start(talk: Talk, *, connected: bool = False) -> None:
    """Somebody opened the chat; with `connected` he has just been let in, and may choose his language."""
    if connected:
        ask_language(talk)
    gate.pass_through(talk, Draft("greet"))
    show_help(talk)
    if talk.actor.kind == "visitor" and talk.chat.partition(":")[0] in PLATFORMS:
        # Where a platform vouches for numbers, one press makes him the customer he is.
        talk.replies.append(Outbound(text=talk.voice.say("reception.share"), contact=talk.voice.say("button.share_number")))


def has_words(said: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(unicodedata.category(c)[0] in "LN" for c in said)


def names_another(talk: Talk, draft: Draft, said: str) -> bool:
    """A sentence that begins with the name of another known customer answers no question about this one."""
    about = draft.chosen.get("person") or talk.focused("customer")
    if about is None or not talk.is_staff:
        return False
    for name in _first_names(said):
        found: list[CustomerLine] = talk.ask(FindCustomers(words=name, limit=3, near=False))
        same = [line for line in found if line.name.lower() == name.lower()]
        if same:
            return all(line.id != about for line in same)
    return False


def _first_names(said: str) -> list[str]:
    """What may be a name at the beginning, the longest first: two to four characters, or one to three words."""
    if match := re.match(r"[\u4e00-\u9fff]{2,4}", said):
        return [match[0][:end] for end in range(len(match[0]), 1, -1)]
    words = re.match(r"[A-Za-z]+(?: [A-Za-z]+){0,2}", said)
    parts = words[0].split() if words else []
    return [" ".join(parts[:end]) for end in range(len(parts), 1, -1)]


def _context(talk: Talk, waiting: Draft | None) -> Context:
    name = talk.memory.focus_name(talk.now)
    if waiting is None:
        return Context(focus_person=name)
    asked = MAIN_SLOT.get(waiting.intent) if waiting.asked == "edit" else waiting.asked or None
    return Context(focus_person=name, asked_intent=waiting.intent, asked_slot=asked)


def _for_draft(talk: Talk, draft: Draft, understood: Understanding, said: str) -> bool:
    """Take the message as part of the draft it may belong to. False: it is something else."""
    first = understood.commands[0] if understood.commands else None
    if first is not None and first.intent in CONTROL:
        return _control(talk, draft, first.intent)
    if first is not None and first.intent == draft.intent and (understood.layer == "reply" or draft.asked == "edit"):
        return _fill(talk, draft, first)
    if _answers(draft, understood):
        return _fill_free(talk, draft, said)
    if first is not None and understood.outcome == "recognised" and understood.layer != "reply":
        if draft.asked in FREE_SLOTS and understood.layer == "ranker":
            return _fill_free(talk, draft, said)
        # The same kind of request without what was asked for is another one.
        return first.intent == draft.intent and draft.asked in first.slots and _fill(talk, draft, first)
    if draft.asked in FREE_SLOTS and not _ASKS.search(said):
        return _fill_free(talk, draft, said)
    if not gate.is_slot(talk, draft.asked):
        return False
    return understood.outcome == "unrecognised" and _reprompt(talk, draft)


def _answers(draft: Draft, understood: Understanding) -> bool:
    """Whoever answers a person may ask him something back: only an order of his own interrupts that."""
    if "task" not in draft.chosen or draft.asked not in FREE_SLOTS:
        return False
    orders = any(load_schema()[command.intent].writes for command in understood.commands)
    return not orders or understood.layer == "ranker"


def _control(talk: Talk, draft: Draft, intent: str) -> bool:
    if intent == "cancel":
        gate.cancel(talk, draft)
        open_cards.go_on(talk)
    elif intent == "refuse":
        gate.cancel(talk, draft) if draft.asked == "rest" else gate.edit(talk, draft)
    elif draft.asked == "rest":
        draft.asked = ""
        gate.attempt(talk, draft)
    elif not draft.waits_for_yes:
        return _reprompt(talk, draft)
    elif not open_cards.which(talk, draft):
        gate.confirm(talk, draft)
        open_cards.go_on(talk)
    return True


def _fill(talk: Talk, draft: Draft, command: Command) -> bool:
    """Bare values and corrections go into the draft; then the gate looks at it again."""
    slots = {name: slot.to_json() for name, slot in command.slots.items() if slot.value is not None}
    if not slots:
        return False
    if draft.asked == "edit" and any(written.token == draft.token for written in talk.memory.written):
        talk.memory.settle(draft.token, talk.voice.say("press.over"))
        put_right(talk, draft, slots)
        return True
    draft.fill(kept(talk, draft, slots))
    draft.asked = ""
    if talk.layer == "model":
        draft.layer = "model"
    gate.pass_through(talk, draft)
    return True


def _fill_free(talk: Talk, draft: Draft, said: str) -> bool:
    draft.fill({draft.asked: {"value": said, "words": said}})
    draft.asked = ""
    gate.pass_through(talk, draft)
    return True


def _reprompt(talk: Talk, draft: Draft) -> bool:
    """Asked once more in other words; the third time with a way out."""
    draft.prompts += 1
    slot = talk.voice.label("slot", draft.asked)
    draft.at = talk.now.isoformat()
    if draft.prompts >= 3:
        stop = Button(talk.voice.say("button.cancel"), "draft.cancel", {"t": draft.token})
        again = Button(talk.voice.say("button.start_over"), "draft.again", {"t": draft.token})
        talk.say("again.third", again, stop, slot=slot)
    else:
        key = f"again.{draft.asked}"
        example = talk.voice.maybe(key) or slot
        talk.say("again.first" if draft.prompts == 1 else "again.second", slot=slot, example=example)
    return True


def _new(talk: Talk, understood: Understanding, said: str) -> None:
    """A message of its own: one reading, several, or none."""
    if leaves_phone(talk):
        return
    if understood.outcome == "recognised":
        talk.memory.misses = 0
        _recognised(talk, understood)
    elif answers_old(talk, said):
        return
    elif understood.outcome == "ambiguous" and understood.alternatives:
        offer(talk, understood.alternatives)
    else:
        unrecognised(talk, said)


def answers_old(talk: Talk, said: str) -> bool:
    """A bare value of what was asked so long ago that it may be meant otherwise: it is offered, not taken."""
    old = talk.memory.unanswered()
    if old is None or not talk.memory.is_stale(old, talk.now) or old.asked in FREE_SLOTS:
        return False
    understood = talk.brain.understand(said, talk.actor, talk.now, _context(talk, old))
    slot = understood.commands[0].slots.get(old.asked) if understood.layer == "reply" and understood.commands else None
    if slot is None or understood.commands[0].intent != old.intent:
        return False
    value = {"t": old.token, "slot": old.asked, "value": slot.value, "words": slot.words}
    what = talk.voice.maybe(f"intent.{old.intent}") or old.intent
    go = Button(talk.voice.say("button.go_on"), "draft.pick", value)
    talk.say("ask.stale", go, Button(talk.voice.say("button.cancel"), "draft.cancel", {"t": old.token}), what=what)
    return True


def _recognised(talk: Talk, understood: Understanding) -> None:
    first, *others = understood.commands
    if first.intent in CONTROL:
        _bare(talk, first.intent)
        return
    spoken_of = (c.slots["vehicle"] for c in understood.commands if "vehicle" in c.slots)
    car = next((one.words for one in spoken_of if not isinstance(one.value, dict) or one.value.get("series")), "")
    talk.about("vehicle", car, car)
    rest = [{"intent": c.intent, "slots": plain(c)} for c in others]
    # What was written down from a voice note is as sure as a model's reading: it is shown before it is done.
    layer = "spoken" if talk.spoken else understood.layer
    draft = Draft(first.intent, plain(first), layer=layer, rest=rest)
    gate.attempt(talk, draft)
    open_cards.come_back(talk, draft)


def _bare(talk: Talk, intent: str) -> None:
    """好 or 算了 with nothing waiting: an approval shown here last, else say that nothing is open."""
    if intent == "cancel" and talk.is_staff and _REMINDS.search(talk.text):
        gate.pass_through(talk, Draft("mute_task"))
        return
    if intent == "cancel" and not talk.is_staff and talk.text.lower().strip(" .!") == "stop":
        gate.pass_through(talk, Draft("opt_out"))
        return
    if intent == "confirm" and talk.is_staff and _decides(talk):
        return
    if intent in ("refuse", "cancel") and right_now(talk, intent):
        return
    talk.say("press.nothing_open")


def _decides(talk: Talk) -> bool:
    """A bare yes binds to an approval card this person was shown in this chat and can still decide."""
    shown = last_shown(talk)
    if shown is None:
        return False
    decision = {"value": "approve", "words": talk.text}
    gate.pass_through(talk, Draft("decide_approval", {"decision": decision}, {"approval": shown}))
    return True


__all__ = ["Need", "has_words", "start", "text"]
