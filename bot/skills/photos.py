"""Pictures people send: a colleague's go to a customer's record, a customer's to his own."""

from __future__ import annotations

import re

from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.photos_asked import ask_button, asks_about_part, names_a_number, tell_unread
from crm_core.customers.messages import CustomerCard, CustomerView, FindCustomers, KeepPhoto
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LeadView, MyLeads

# Whose it is: 这是王姐的行驶证, 王丽的行驶证, 给张伟, Tom Hanks's licence, this is Tom Hanks.
_WHOSE = re.compile(r"^(?:这是|这个是|那是|是|给|放到)?([\u4e00-\u9fff]{2,4}?)(?:的|名下|$)"
                    r"|^(?:this is |it'?s |for )?([A-Za-z]+(?: [A-Za-z]+){0,2}?)(?:'s\b|\W*$)", re.I)  # fmt: skip
CHIPS = 3
PICTURE = "keep_photo"


def received(talk: Talk, image_id: str, said: str) -> None:
    """A picture came, with or without words below it."""
    draft = Draft(PICTURE, {"photo": {"value": image_id, "words": ""}, "text": {"value": said, "words": said}})
    asked = asks_about_part(talk, said)
    if not asked or not talk.is_staff or _known(talk, said):
        pass_through(talk, draft)
    if not asked or talk.actor.kind == "visitor":
        return
    if names_a_number(talk, said):
        talk.text = said
        _answer(talk, said)
    else:
        tell_unread(talk, image_id, said)


def _answer(talk: Talk, said: str) -> None:
    """What the words ask is answered as if there were no picture."""
    from bot.conversation.listen import text

    text(talk, said)


@skill(PICTURE, tier=Tier.OWN)
def keep_photo(talk: Talk, draft: Draft) -> Step:
    """Into the record of whoever was named, or is chosen; nobody is guessed."""
    image_id, said = draft.text("photo"), draft.text("text")
    if not talk.is_staff and talk.actor.customer_id is None:
        talk.say("photo.visitor")
        return None
    name = _known(talk, said)
    if name and not draft.text("person") and "person" not in draft.chosen:
        draft.fill({"person": {"value": name, "words": name}})
    if talk.is_staff and "person" not in draft.chosen and not draft.text("person"):
        return Need("person", "photo_of", {}, _chips(talk, draft))
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person", "photo_of", {}, _chips(talk, draft))
    return Act(KeepPhoto(customer_id=who, image_id=image_id, text=said))


def is_whose(talk: Talk, draft: Draft, said: str) -> bool:
    """The answer to whose it is, when it names somebody known; what else it says belongs to the picture."""
    name = _known(talk, said)
    if not name:
        return False
    draft.fill({"person": {"value": name, "words": name}})
    if said.strip() != name and not draft.text("text"):
        draft.fill({"text": {"value": said.strip(), "words": said}})
    draft.asked = ""
    pass_through(talk, draft)
    return True


def _known(talk: Talk, words: str) -> str:
    """The name in the words, when it is a customer's of his; 行驶证 alone names nobody."""
    found = _WHOSE.match(words.strip()) if talk.is_staff else None
    name = (found[1] or found[2]) if found else ""
    return name if name and talk.ask(FindCustomers(words=name, limit=1, near=False)) else ""


def _chips(talk: Talk, draft: Draft) -> tuple[Button, ...]:
    """The customer spoken of, and those of late; or it is a part a technician should see."""
    leads: list[LeadView] = talk.ask(MyLeads(open_only=False))
    recent = {lead.customer_id: lead.name for lead in leads if lead.customer_id}
    focus = talk.focused("customer")
    if focus in recent:
        recent = {focus: recent.pop(focus)} | recent
    chips = [Button(name[:40], "draft.pick", {"t": draft.token, "slot": "person", "id": one})
             for one, name in list(recent.items())[:CHIPS]]  # fmt: skip
    return (*chips, ask_button(talk, draft.text("photo"), draft.text("text"), draft.token))


@after(KeepPhoto)
def kept(talk: Talk, command: KeepPhoto, result: Result, draft: Draft | None) -> None:
    if not talk.is_staff:
        ask = () if asks_about_part(talk, command.text) else (ask_button(talk, command.image_id, command.text),)
        talk.say("photo.own", *ask)
        return
    view: CustomerView = talk.ask(CustomerCard(customer_id=command.customer_id))
    talk.about("customer", view.id, view.name)
    talk.say("photo.kept", *talk.take_back(result.undo_id), name=view.name)
