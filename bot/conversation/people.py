"""From the words for a person to a record: one clear fit goes, several become chips, none is said."""

from __future__ import annotations

from bot.cards.customers import choose_customer, create_card
from bot.conversation.gate import Need
from bot.conversation.pending import Draft
from bot.conversation.slots import vehicle_words
from bot.conversation.talk import Talk
from bot.conversation.whom import came_between, either
from bot.ports import Button, Card
from crm_core.customers.messages import CustomerLine, FindCustomers
from crm_core.deals.messages import DealView, OpenDeals
from crm_core.org.messages import FindColleagues, PersonView

PRONOUNS = frozenset({
    "他", "她", "它", "对方", "客户", "这个", "这位", "这个人", "此人", "刚才那个", "这个客户", "那个客户", "这位客户",
    "him", "her", "he", "she", "they", "them", "this customer", "the customer", "that customer",
})  # fmt: skip
FAR_AHEAD = 0.2


def customer(talk: Talk, draft: Draft, slot: str = "person", *, required: bool = True) -> str | Need | None:
    """The customer meant: his id, one question, or None when nobody was named and nobody is needed.

    Raises nothing for an unknown name: the answer then offers to write him down.
    """
    if not talk.is_staff:
        return talk.actor.customer_id
    if slot in draft.chosen:
        return draft.chosen[slot]
    words = draft.text(slot).strip()
    if not words or words.lower() in PRONOUNS or from_focus(talk, draft, slot):
        return _focused(talk, draft, slot, required)
    vehicle = vehicle_words(draft.value("vehicle"), draft.words("vehicle"))
    found: list[CustomerLine] = talk.ask(
        FindCustomers(words=words, focus_id=talk.focused("customer"), vehicle=vehicle, limit=4)
    )
    if not found:
        if not _may_create(talk):
            return Need(slot, "no_such_person", {"words": words})
        return Need(slot, card=create_card(talk.voice, words, draft.token))
    written = [line for line in found if line.name == words]
    if len(written) == 1:
        # 葛天铭 is not 葛天明, though they sound alike and it was the other who was spoken of.
        return _chosen(talk, draft, slot, written[0])
    if found[0].guessed or (len(found) > 1 and found[0].score - found[1].score < FAR_AHEAD):
        return Need(slot, card=choose_customer(talk.voice, words, found, draft.token, new=_may_create(talk)))
    return _chosen(talk, draft, slot, found[0])


def _may_create(talk: Talk) -> bool:
    return talk.core.access.may(talk.actor, "lead", "create")


def from_focus(talk: Talk, draft: Draft, slot: str) -> bool:
    """Whether the name was filled in from the conversation, by a pronoun or by nothing at all."""
    said = draft.words(slot).strip().lower()
    return draft.text(slot) == talk.memory.focus_name(talk.now) and (not said or said in PRONOUNS)


def _focused(talk: Talk, draft: Draft, slot: str, required: bool) -> str | Need | None:
    focus = talk.focused("customer")
    if focus and (required or draft.text(slot)):
        other = came_between(talk)
        if other is not None:
            return Need(slot, "whom", {}, either(talk, draft.token, slot, other))
        draft.chosen[slot] = focus
        return focus
    return Need(slot, "person") if required else None


def _chosen(talk: Talk, draft: Draft, slot: str, line: CustomerLine) -> str:
    draft.chosen[slot] = line.id
    talk.about("customer", line.id, line.name)
    return line.id


def colleague(talk: Talk, draft: Draft, slot: str = "person_to", role: str | None = None) -> PersonView | Need:
    """The colleague meant, or one question with chips. Without a name a rep is meant; with `role=""` anybody."""
    known = draft.chosen.get(slot)
    words = draft.text(slot).strip()
    anybody = None if known or words or role == "" else "rep"
    found: list[PersonView] = talk.ask(FindColleagues(words="" if known else words, role=role or anybody or None))
    if known:
        found = [p for p in found if p.id == known]
        if found:
            return found[0]
    others = [p for p in found if p.id != talk.actor.id or words in ("我", "me")]
    if words and len(others) == 1:
        draft.chosen[slot] = others[0].id
        return others[0]
    if words and not others:
        return Need(slot, "no_colleague", {"words": words}, _chips(talk, draft, slot, _all(talk, role)))
    return Need(slot, "which_colleague" if words else slot, {}, _chips(talk, draft, slot, others or _all(talk, role)))


def _all(talk: Talk, role: str | None) -> list[PersonView]:
    return [p for p in talk.ask(FindColleagues(role=role or "rep")) if p.id != talk.actor.id]


def _chips(talk: Talk, draft: Draft, slot: str, people: list[PersonView]) -> tuple[Button, ...]:
    return tuple(
        Button(p.name, "draft.pick", {"t": draft.token, "slot": slot, "id": p.id}) for p in people if not p.away
    )[:3]


def deal(talk: Talk, draft: Draft, customer_id: str) -> DealView | Need | None:
    """The customer's open deal; several become chips; None when there is none."""
    found: list[DealView] = talk.ask(OpenDeals(customer_id=customer_id))
    picked = draft.chosen.get("deal") or (talk.focused("deal") if len(found) > 1 else None)
    said = vehicle_words(draft.value("vehicle"), draft.words("vehicle")).lower()
    picks = [d for d in found if d.id == picked]
    fitting = picks or [d for d in found if said and said in d.interest.lower()] or found
    if not fitting:
        return None
    if len(fitting) > 1:
        return Need("deal", card=_choose_deal(talk, draft, fitting))
    view = fitting[0]
    draft.chosen["deal"] = view.id
    talk.about("customer", view.customer_id, view.customer_name)
    talk.about("deal", view.id, view.interest)
    return view


def shown(talk: Talk, draft: Draft, name: str, slot: str = "person") -> tuple[str, str, str]:
    """The line of a card that says who is meant, beside the words that were taken for him."""
    return talk.voice.label("field", "customer"), name, draft.words(slot)


def _choose_deal(talk: Talk, draft: Draft, found: list[DealView]) -> Card:
    buttons = tuple(
        Button(f"{d.interest or d.ref} · {d.stage_name}"[:40], "draft.pick",
               {"t": draft.token, "slot": "deal", "id": d.id})
        for d in found[:3]
    )  # fmt: skip
    return Card("choose", talk.voice.say("ask.which_deal", name=found[0].customer_name), buttons=buttons)
