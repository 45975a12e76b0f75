"""Text that was pasted: a list of leads, a chat with a customer, a customer's own words. None of it is an order."""

from __future__ import annotations

import re
from typing import Any

from bot.cards.leads import lead_list
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, skill, skills
from bot.conversation.pending import Draft
from bot.conversation.references import listed
from bot.conversation.slots import vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button, Card
from crm_core.customers.messages import CustomerLine, FindCustomers
from crm_core.kernel.registry import Result
from crm_core.leads.messages import CreateLead, CreateLeads, LeadView

LEAST, MOST = 3, 40
# A line's number or bullet.
_BULLET = re.compile(r"^\s*(?:[-*•·]|[(（]?\d{1,2}(?:[.、)）](?!\d)|[:：]\s)|[①-⑳])\s*")
_SPEAKER = re.compile(r"^(?P<who>[^\s:：,，。]{1,12}|[A-Za-z]+ [A-Za-z]+)\s*[:：]\s*(?P<text>\S.*)?$")
_STAMPED = re.compile(
    r"^(?P<who>\S{1,16}(?: [A-Za-z]+)?)\s+"
    r"(?:(?:\d{2,4}[-/.年])?\d{1,2}[-/.月]\d{1,2}日?\s+)?\d{1,2}:\d{2}(?::\d{2})?$"
)
# What stands before a colon in a form, not in a chat.
_LABELS = re.compile(
    r"^(?:姓名|客户|电话|手机|车型|意向|时间|备注|地址|来源|级别|预算|name|phone|mobile|car|model|time|note|source)", re.I
)
_QUOTED = re.compile(r"^\s*[“\"「『](?P<said>[^“”\"「」『』]{4,})[”\"」』]\s*[。.]?$", re.S)
_FORWARDED = re.compile(
    r"^\s*(?:[\[【]?转发[\]】]?|[\[【]转[\]】]|fwd?|forwarded(?: message)?)\s*[:：]\s*(?P<said>.+)$", re.I | re.S
)
_FIELDS = {"person": ("姓名", "客户", "name"), "phone": ("电话", "手机", "phone", "mobile"),
           "vehicle": ("车型", "意向", "car", "model")}  # fmt: skip
ME = ("我", "me", "I")


def pasted(talk: Talk, said: str) -> bool:
    """Answer text that is not this colleague's own sentence. False: it is."""
    if not talk.is_staff:
        return False
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if _form(talk, lines):
        return True
    speakers = _speakers(lines)
    if len(speakers) >= 2 or (speakers and len(lines) > 2 * len(speakers) and _STAMPED.match(lines[0])):
        _keep_where(talk, said, "pasted.chat", [who for who in speakers if who not in ME])
        return True
    quoted = _QUOTED.match(said) or _FORWARDED.match(said)
    if quoted is not None:
        _keep_where(talk, quoted["said"].strip(), "pasted.quoted", [])
        return True
    return len(lines) >= LEAST and _leads(talk, lines)


def _speakers(lines: list[str]) -> list[str]:
    """Who speaks in a chat log, in order; nobody when it is a form or plain text."""
    found = [match for line in lines if (match := _STAMPED.match(line) or _SPEAKER.match(line))]
    names = [match["who"] for match in found if not _LABELS.match(match["who"])]
    if len(names) < len(found) or len(names) < 2 or len(found) * 3 < len(lines):
        return []
    return list(dict.fromkeys(names))


def _form(talk: Talk, lines: list[str]) -> bool:
    """姓名：李雪梅, 电话：139…, 意向：ET5, a line each: one lead."""
    found = [match for line in lines if (match := _SPEAKER.match(line)) and _LABELS.match(match["who"])]
    if len(found) < 2 or len(found) < len(lines):
        return False
    parts = {_LABELS.match(match["who"])[0].lower(): (match["text"] or "").strip() for match in found}  # type: ignore[index]
    said = {slot: next((parts[word] for word in words if parts.get(word)), "") for slot, words in _FIELDS.items()}
    if not said["phone"]:
        return False
    wish = said["vehicle"] and f"，想看{said['vehicle']}"
    slots = _lead_of(talk, f"{said['person']} {said['phone']}{wish}")
    slots.pop("line", None)
    if slots and said["person"]:
        slots["person"] = {"value": said["person"], "words": said["person"]}
    if slots:
        pass_through(talk, Draft("create_lead", slots))
    return bool(slots)


def _keep_where(talk: Talk, text: str, key: str, names: list[str]) -> None:
    """Whose conversation it may be kept with; a reply can be suggested where that is built."""
    people = _customers(talk, names)
    readings = [_reading("log_contact", name, text) for name in people]
    labels = [talk.voice.say("button.keep_with", name=name) for name in people]
    if not people:
        readings, labels = [_reading("add_note", "", text)], [talk.voice.say("button.keep_note")]
    if "suggest_reply" in skills:
        readings.append(_reading("suggest_reply", people[0] if people else "", text))
        labels.append(talk.voice.maybe("intent.suggest_reply") or "?")
    offer = talk.memory.offer_readings(readings)
    chips = [Button(label, "reading", {"n": n, "o": offer, "yes": True}) for n, label in enumerate(labels)]
    talk.say(key, *chips)


def _reading(intent: str, name: str, text: str) -> dict[str, Any]:
    slots = {"text": {"value": text, "words": text}}
    return {"intent": intent, "slots": slots | ({"person": {"value": name, "words": name}} if name else {})}


def _customers(talk: Talk, names: list[str]) -> list[str]:
    """Those who speak and are customers by name; with none of them, whom the conversation was about."""
    known = []
    for name in names[:4]:
        lines: list[CustomerLine] = talk.ask(FindCustomers(words=name, limit=2))
        known += [line.name for line in lines[:1] if line.name.lower() == name.lower()]
    focus = talk.memory.focus_name(talk.now)
    return (known or ([focus] if focus else []))[:2]


def _leads(talk: Talk, lines: list[str]) -> bool:
    """A list of leads, a line each, is shown as a whole and written down with one yes."""
    found: list[dict[str, Any]] = []
    unread: list[str] = []
    for line in lines[:MOST]:
        slots = _lead_of(talk, _BULLET.sub("", line))
        found.append(slots) if slots else unread.append(line)
    if len(found) < LEAST or len(unread) > len(found):
        return False
    slots = {"leads": found, "unread": [*unread, *lines[MOST:]]}
    pass_through(talk, Draft("create_leads", {name: {"value": value, "words": ""} for name, value in slots.items()}))
    return True


def _lead_of(talk: Talk, line: str) -> dict[str, Any]:
    """What a line says of somebody who can be called; empty when it says no number."""
    understood = talk.brain.understand(line, talk.actor, talk.now, None)
    commands = [*understood.commands, *(option.command for option in understood.alternatives)]
    lead = next((c for c in commands if c.intent == "create_lead" and "phone" in c.slots), None)
    return {name: slot.to_json() for name, slot in lead.slots.items()} | {"line": line} if lead else {}


@skill("create_leads", tier=Tier.CONFIRM)
def create_leads(talk: Talk, draft: Draft) -> Step:
    """Each line as it was understood, and the lines that were not."""
    found: list[dict[str, Any]] = draft.value("leads") or []
    if not found:
        return Need("person", "lead_person")
    leads = tuple(_command(one) for one in found)
    slots = [(lead.name or talk.voice.label("field", "customer"), " · ".join(filter(None, (lead.phone, lead.vehicle))), "")
             for lead in leads]  # fmt: skip
    unread: list[str] = draft.value("unread") or []
    if unread:
        slots.append((talk.voice.say("pasted.unread"), " / ".join(unread)[:300], ""))
    return Act(CreateLeads(leads=leads), talk.voice.say("card.confirm_leads", n=len(leads)), slots=slots)


def _command(one: dict[str, Any]) -> CreateLead:
    said = Draft("create_lead", {name: slot for name, slot in one.items() if name != "line"})
    return CreateLead(
        name=said.text("person")[:120], phone=str(said.value("phone") or "")[:60],
        vehicle=vehicle_words(said.value("vehicle"), said.words("vehicle"))[:200], source=said.text("channel")[:60],
        message=str(one["line"])[:4000], level=said.text("level"), channel="chat", keep=True,
    )  # fmt: skip


@after(CreateLeads)
def leads_created(talk: Talk, command: CreateLeads, result: Result, draft: Draft | None) -> None:
    """The list of them, to be opened one by one or taken back as a whole."""
    views: list[LeadView] = [view for view in result.view if view.id]
    again = sum(view.duplicate for view in views)
    listed(talk, [(view.customer_id, view.name) for view in views])
    title = talk.voice.say("card.leads_written", n=len(views))
    card: Card = lead_list(talk.voice, views, title)
    note = talk.voice.say("pasted.again", n=again) if again else card.note
    talk.show(Card(card.kind, title, card.fields, (*talk.take_back(result.undo_id), *card.buttons), note=note))
