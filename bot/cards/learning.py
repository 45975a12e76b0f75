"""Cards about documents of the knowledge base: a draft to be reviewed, and lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import DANGER, PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.knowledge.messages import DocumentView, DraftCard, DraftView

AUDIENCES = ("staff", "customer", "public")
LISTED = 12
REMOVALS = 3
_FIRST = 160
_TONES = {"published": "good", "declined": "bad"}


@pushed("document_draft", subject="draft")
def draft(easel: Easel, draft_id: str, params: dict[str, Any]) -> Outbound:
    """A draft as it stands."""
    return out(draft_card(easel.voice, easel.ask(DraftCard(draft_id=draft_id))))


def draft_card(voice: Voice, view: DraftView) -> Card:
    """What would be published for whom, what it changes, what to beware of, and the first lines."""
    size = "learn.size_pages" if view.pages else "learn.size"
    answered = "／" if voice.lang == "zh" else " / "
    fields = lines(
        voice,
        ("document", "" if view.source == view.title or view.source.startswith("answer:") else view.source),
        ("audience", voice.say(f"learn.audience.{view.audience}")),
        ("length", voice.say(size, pieces=view.pieces, pages=view.pages) if view.pieces else ""),
        ("changes", _changes(voice, view) if view.pieces else ""),
        ("valid", _valid(voice, view)),
        ("examples", joined(*view.questions[:3], by=answered)),
        ("sent_by", view.author_name),
    )
    return Card(
        kind="document_draft",
        title=voice.say(f"learn.title_{view.state}", title=view.title),
        fields=fields + _warnings(voice, view),
        buttons=_buttons(voice, view),
        status=joined(voice.maybe(f"status.draft_{view.state}"), view.decider_name) or None,
        tone=_TONES.get(view.state),
        note=_shortened(view.first) or None,
        subject=f"draft:{view.id}",
    )


def _changes(voice: Voice, view: DraftView) -> str:
    if view.version <= 1:
        return voice.say("learn.new")
    if not view.added and not view.removed:
        return voice.say("learn.same", version=view.version - 1)
    return voice.say("learn.change", version=view.version, added=view.added, removed=view.removed, same=view.same)


def _valid(voice: Voice, view: DraftView | DocumentView) -> str:
    if view.valid_from is None and view.valid_until is None:
        return ""
    start = voice.full_day(view.valid_from) if view.valid_from else "…"
    return voice.say("learn.span", start=start, end=voice.full_day(view.valid_until) if view.valid_until else "…")


def _warnings(voice: Voice, view: DraftView) -> tuple[Field, ...]:
    """What was hidden in it, and the lines that want to give orders."""
    label = voice.label("field", "beware")
    hidden = [
        voice.say(f"learn.hidden.{one.detail.replace(' ', '_')}", n=one.times)
        for one in view.findings if one.kind == "hidden"
    ]  # fmt: skip
    orders = [voice.say("learn.instruction", line=one.detail[:80]) for one in view.findings if one.kind == "instruction"]
    return tuple(Field(label, words, emph=True) for words in (*orders, *hidden))


def _shortened(text: str) -> str:
    """The first lines, without what only draws a table."""
    shown = "\n".join(line.strip("| ") for line in text.split("\n") if not set(line) <= set("|-: "))
    return shown if len(shown) <= _FIRST else f"{shown[:_FIRST].rstrip()}…"


def _buttons(voice: Voice, view: DraftView) -> tuple[Button, ...]:
    if not view.may_decide:
        return ()
    if view.source.startswith("answer:"):
        return (button(voice, "keep_answer", "draft.publish", PRIMARY, draft=view.id),
                button(voice, "reword_answer", "answer.reword", draft=view.id),
                button(voice, "decline_answer", "draft.decline", DANGER, draft=view.id))  # fmt: skip
    return (button(voice, "publish", "draft.publish", PRIMARY, draft=view.id),
            button(voice, "audience", "draft.audience", draft=view.id),
            button(voice, "dont_publish", "draft.decline", DANGER, draft=view.id))  # fmt: skip


def audience_card(voice: Voice, view: DraftView) -> Card:
    """Who is to read it."""
    buttons = tuple(
        Button(voice.say(f"learn.audience.{one}"), "draft.for", {"draft": view.id, "audience": one})
        for one in AUDIENCES
    )
    return Card("text", voice.say("learn.who_reads", title=view.title), buttons=buttons)


def documents_card(voice: Voice, found: Sequence[DocumentView], may_change: bool) -> Card:
    """Documents, the newest first; few of them may be removed by a press."""
    shown = found[:LISTED]
    fields = tuple(
        Field(one.title, joined(voice.say(f"learn.audience.{one.audience}"), voice.say("learn.size", pieces=one.pieces),
                                voice.say("learn.version", version=one.version), voice.full_day(one.updated_at.date()),
                                _valid(voice, one)))
        for one in shown
    )  # fmt: skip
    few = may_change and len(found) <= REMOVALS
    buttons = tuple(
        Button(joined(voice.say("button.remove_doc"), one.title)[:40], "document.remove", {"document": one.id}, line=at)
        for at, one in enumerate(shown) if few
    )  # fmt: skip
    key = "learn.list" if len(shown) == len(found) else "learn.list_part"
    return Card("documents", voice.say(key, n=len(found), shown=len(shown)), fields, buttons)
