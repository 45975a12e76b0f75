"""Cards about approvals: the request with the deal's numbers, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.cards.base import DANGER, PRIMARY, Easel, button, heading, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.approvals.messages import ApprovalCard, ApprovalView
from crm_core.kernel.access import Actor

PENDING = "pending"
GRANTED = ("approved", "countered")
LINES = 8
BOXES = {False: "☐", True: "☑"}


@pushed("approval", "approval_reminder", subject="approval")
def approval(easel: Easel, approval_id: str, params: dict[str, Any]) -> Outbound:
    """The request for whoever may decide; for its asker, what became of it."""
    view: ApprovalView = easel.ask(ApprovalCard(approval_id=approval_id))
    if view.asker_id == easel.actor.id:
        return out(result_card(easel.voice, view))
    return out(approval_card(easel.voice, view, easel.actor, again=params))


@pushed("discount")
def request(easel: Easel, approval_id: str, params: dict[str, Any]) -> Outbound:
    """The asker's own request: what was decided is its status, what he can do with it comes as a message."""
    return out(request_card(easel.voice, easel.ask(ApprovalCard(approval_id=approval_id))))


@pushed("approval_result")
def approval_result(easel: Easel, approval_id: str, params: dict[str, Any]) -> Outbound:
    """For the asker: approved, countered or rejected, with what he can do next."""
    return out(result_card(easel.voice, easel.ask(ApprovalCard(approval_id=approval_id))))


def approval_card(
    voice: Voice, view: ApprovalView, actor: Actor, again: Mapping[str, Any] | None = None
) -> Card:
    """Who asks for how much off which deal; the buttons are there while it is undecided.

    `again` may name who did not answer (`from_name`), when the request comes to somebody else; a reminder of it says
    since when it waits.
    """
    late = (again or {}).get("from_name", "")
    open_here = view.state == PENDING and view.may_decide and not view.stale
    reminded = open_here and (again or {}).get("kind") == "approval_reminder"
    return Card(
        kind="approval",
        title=voice.say("card.approval", asker=view.asker_name, amount=voice.money(view.requested_fen)),
        fields=_numbers(voice, view),
        buttons=_decisions(voice, view) if open_here else (),
        status=_status(voice, view),
        tone=_tone(view),
        note=joined(voice.say("approval.escalated", who=late) if late else "",
                    voice.say("approval.waiting", when=voice.when(view.created_at)) if reminded else "",
                    why(voice, view.rule),
                    voice.say("approval.said", text=view.said) if view.said else "", by="\n") or None,
        subject=f"approval:{view.id}",
    )  # fmt: skip


def waiting_card(voice: Voice, waiting: Sequence[ApprovalView]) -> Card:
    """What waits for a decider, oldest first: each line opens its request, one button approves what is shown."""
    shown = waiting[:LINES]
    ready = [view for view in shown if view.may_decide]
    buttons = [Button(joined(view.customer_name, voice.money(view.requested_fen)), "open",
                      {"subject": f"approval:{view.id}"}, line=number) for number, view in enumerate(shown)]  # fmt: skip
    if ready:
        total = voice.money(sum(view.requested_fen for view in ready))
        buttons.append(Button(voice.say("button.approve_all", total=total), "approval.all",
                              {"approvals": [[view.id, view.requested_fen] for view in ready]}, PRIMARY))  # fmt: skip
    if len(ready) > 1:
        buttons.append(button(voice, "choose_some", "approval.choose", approvals=[view.id for view in ready]))
    notes = (voice.say("approval.more", n=len(waiting) - LINES) if len(waiting) > LINES else "",
             voice.say("approval.some_stale") if len(ready) < len(shown) else "")  # fmt: skip
    return Card("approvals", voice.say("card.approvals", n=len(waiting)),
                tuple(Field(view.customer_name or view.ref, _line(voice, view)) for view in shown), tuple(buttons),
                note=joined(*notes, by="\n") or None)  # fmt: skip


def choosing_card(voice: Voice, waiting: Sequence[ApprovalView], ticked: Collection[str], choice: str) -> Card:
    """Requests with a box each, and one button that approves the ticked ones, as they are shown. `choice` names it."""
    boxes = [Button(joined(f"{BOXES[view.id in ticked]} {view.customer_name}", voice.money(view.requested_fen)),
                    "approval.tick", {"choice": choice, "approval": view.id, "fen": view.requested_fen,
                                      "on": view.id not in ticked, "shown": [one.id for one in waiting]},
                    ticked=view.id in ticked) for view in waiting]  # fmt: skip
    chosen = [view for view in waiting if view.id in ticked]
    label = voice.say("button.approve_ticked")
    if chosen:
        total = voice.money(sum(view.requested_fen for view in chosen))
        label = voice.say("button.approve_chosen", n=len(chosen), total=total)
    send = Button(label, "approval.chosen", {"choice": choice, "approvals": [[v.id, v.requested_fen] for v in chosen],
                                             "shown": [one.id for one in waiting]}, PRIMARY)  # fmt: skip
    return Card("approvals", voice.say("card.choose_approvals"),
                tuple(Field(view.customer_name or view.ref, _line(voice, view)) for view in waiting),
                (*boxes, send))  # fmt: skip


def _line(voice: Voice, view: ApprovalView) -> str:
    """Who asks for how much off what, and what would be left of the price."""
    percent = f"{view.percent:.1f}%" if view.list_fen else ""
    return joined(
        voice.say("approval.line", asker=view.asker_name, amount=voice.money(view.requested_fen)), percent,
        view.interest, voice.say("approval.line_net", price=voice.money(view.net_fen)) if view.list_fen else "",
        voice.say("status.stale") if view.stale else "",
    )  # fmt: skip


def result_card(voice: Voice, view: ApprovalView) -> Card:
    """The asker's side of an approval."""
    return Card(
        kind="approval_result",
        title=heading(voice, f"approval_result_{view.state}", "card.approval_result",
                      customer=view.customer_name, amount=voice.money(view.granted_fen or view.requested_fen)),
        fields=_numbers(voice, view),
        buttons=_asker_buttons(voice, view),
        status=_status(voice, view),
        tone=_tone(view),
        note=voice.say("approval.decided_text", text=view.decided_text) if view.decided_text else None,
        subject=f"approval:{view.id}",
    )  # fmt: skip


def request_card(voice: Voice, view: ApprovalView) -> Card:
    """The request as its asker sent it, and how it stands."""
    pending = view.state == PENDING and not view.stale
    title = "card.discount_pending" if pending else "card.approval_result"
    return Card(
        kind="discount",
        title=voice.say(title, name=view.customer_name, customer=view.customer_name,
                        amount=voice.money(view.requested_fen)),
        fields=(*_numbers(voice, view), *lines(voice, ("approver", view.approver_name if pending else ""))),
        buttons=(button(voice, "withdraw", "approval.withdraw", approval=view.id),) if pending else (),
        status=_status(voice, view),
        tone=_tone(view),
        note=why(voice, view.rule) or None,
        subject=f"approval:{view.id}",
    )  # fmt: skip


def why(voice: Voice, rule: str) -> str:
    """Which rule asks for it: in words, when there are any, and by its name."""
    return voice.say("approval.why", rule=voice.rule(rule)) if rule else ""


def _numbers(voice: Voice, view: ApprovalView) -> tuple[Field, ...]:
    """Before → after is what is asked for, then what was granted; a wish that differs has its own line."""
    given = view.state == PENDING or view.state in GRANTED
    amount = view.requested_fen if view.granted_fen is None else view.granted_fen
    wished = "" if given and amount == view.requested_fen else voice.money(view.requested_fen)
    percent = f"{amount * 100 / view.list_fen:.1f}%" if view.list_fen else ""
    return lines(
        voice,
        ("customer", joined(view.customer_name, view.deal_ref)),
        ("interest", joined(view.interest, view.stage_name, voice.say("lead.level", level=view.level)
                            if view.level else "")),
        ("list_price", voice.money(view.list_fen) if view.list_fen else ""),
        Field(voice.label("field", "discount"), joined(voice.money(amount), percent),
              was=voice.money(view.current_discount_fen) if view.current_discount_fen != amount else None,
              emph=True) if given else None,
        ("net_price", voice.money(view.net_fen) if given else ""),
        ("requested", wished),
        ("reason", view.reason),
    )  # fmt: skip


def _decisions(voice: Voice, view: ApprovalView) -> tuple[Button, ...]:
    return (
        button(voice, "approve", "approval.approve", PRIMARY, approval=view.id),
        button(voice, "counter", "approval.counter", approval=view.id),
        button(voice, "reject", "approval.reject", DANGER, approval=view.id),
    )


def _asker_buttons(voice: Voice, view: ApprovalView) -> tuple[Button, ...]:
    if view.state == PENDING and not view.stale:
        return (button(voice, "withdraw", "approval.withdraw", approval=view.id),)
    if view.may_apply:
        label = voice.say("button.apply", amount=voice.money(view.granted_fen or view.requested_fen))
        return (Button(label, "approval.apply", {"approval": view.id}, PRIMARY),)
    return ()


def _status(voice: Voice, view: ApprovalView) -> str:
    if view.state == PENDING:
        return voice.say("status.stale" if view.stale else "status.pending")
    key = "applied" if view.applied and view.state in GRANTED else view.state
    return voice.maybe(f"status.approval_{key}", who=view.decider_name, amount=voice.money(view.granted_fen))


def _tone(view: ApprovalView) -> str | None:
    return {"approved": "good", "countered": "warn", "rejected": "bad"}.get(view.state)
