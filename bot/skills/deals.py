"""Deals: stage, level, expected close, lost, handed on. Each is shown before it is done."""

from __future__ import annotations

from bot.cards.deals import deal_card, slow_card
from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague, customer, deal, shown
from bot.conversation.slots import read_money, read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.leads import REASONS, lose
from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.deals.messages import (
    DealView,
    MarkLost,
    SetExpectedClose,
    SetLevel,
    SetStage,
    SlowDeals,
    StageNames,
    TransferDeals,
)
from crm_core.kernel.registry import Result

MOST = 50


def _deal(talk: Talk, draft: Draft) -> DealView | Need | None:
    """The deal meant; None after saying that there is none."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    view = deal(talk, draft, who)
    if view is None:
        talk.say("deal.none", name=talk.memory.focus_name(talk.now) or draft.text("person"))
    return view


@skill("set_stage", tier=Tier.CONFIRM)
def set_stage(talk: Talk, draft: Draft) -> Step:
    """Move on along the pipeline; a lost deal is asked for its reason."""
    if draft.text("stage") == "lost":
        return mark_lost(talk, draft)
    view = _deal(talk, draft)
    if not isinstance(view, DealView):
        return view
    if not draft.value("stage"):
        names: list[tuple[str, str]] = talk.ask(StageNames(pipeline=view.pipeline))
        chips = tuple(Button(name, "draft.pick", {"t": draft.token, "slot": "stage", "value": key})
                      for key, name in names if key != view.stage)  # fmt: skip
        return Need("stage", "stage", {"name": view.customer_name}, chips)
    return Act(SetStage(deal_id=view.id, stage=str(draft.value("stage")), version=view.version),
               talk.voice.say("card.confirm_deal", name=view.customer_name, deal=view.interest or view.ref),
               words={"stage": draft.words("stage")}, slots=[shown(talk, draft, view.customer_name)])  # fmt: skip


@skill("set_level", tier=Tier.CONFIRM)
def set_level(talk: Talk, draft: Draft) -> Step:
    """Intent level H, A, B or C."""
    view = _deal(talk, draft)
    if not isinstance(view, DealView):
        return view
    if not draft.value("level"):
        chips = tuple(Button(x, "draft.pick", {"t": draft.token, "slot": "level", "value": x}) for x in "HABC")
        return Need("level", "level", {"name": view.customer_name}, chips)
    return Act(SetLevel(deal_id=view.id, level=str(draft.value("level")).upper(), version=view.version),
               talk.voice.say("card.confirm_deal", name=view.customer_name, deal=view.interest or view.ref),
               words={"level": draft.words("level")}, slots=[shown(talk, draft, view.customer_name)])  # fmt: skip


@skill("set_expected_close", tier=Tier.CONFIRM)
def set_expected_close(talk: Talk, draft: Draft) -> Step:
    """When he is expected to sign, and for how much."""
    view = _deal(talk, draft)
    if not isinstance(view, DealView):
        return view
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None:
        return Need("when", "close_when", {"name": view.customer_name})
    command = SetExpectedClose(deal_id=view.id, on=when.day(talk.actor.zone),
                               amount_fen=read_money(draft.value("money")), version=view.version)  # fmt: skip
    return Act(command, talk.voice.say("card.confirm_deal", name=view.customer_name, deal=view.interest or view.ref),
               words={"expected_close": draft.words("when"), "amount": draft.words("money")},
               slots=[shown(talk, draft, view.customer_name)])  # fmt: skip


@after(SetStage)
@after(SetLevel)
@after(SetExpectedClose)
def deal_changed(talk: Talk, command: object, result: Result, draft: Draft | None) -> None:
    """The deal as it is now."""
    view = result.view
    if not isinstance(view, DealView):
        talk.say("done.plain", *talk.take_back(result.undo_id))
        return
    title = talk.voice.say("card.deal_changed", name=view.customer_name)
    talk.show(deal_card(talk.voice, view, talk.take_back(result.undo_id), title))


@skill("mark_lost", tier=Tier.CONFIRM)
def mark_lost(talk: Talk, draft: Draft) -> Step:
    """战败, with its reason."""
    if "lead" in draft.chosen:
        return lose(talk, draft)
    view = _deal(talk, draft)
    if not isinstance(view, DealView):
        return view
    reason = draft.text("reason")
    if len(reason) < 2:
        chips = tuple(Button(talk.voice.label("lost", key), "draft.pick",
                             {"t": draft.token, "slot": "reason", "value": key}) for key in REASONS)  # fmt: skip
        return Need("reason", "lost_reason", {"name": view.customer_name}, chips)
    said = talk.voice.label("lost", reason)
    slots = [shown(talk, draft, view.customer_name),
             (talk.voice.label("field", "reason"), said, draft.words("reason"))]  # fmt: skip
    return Act(MarkLost(deal_id=view.id, reason=said), talk.voice.say("card.confirm_lost", name=view.customer_name),
               slots=slots)  # fmt: skip


@after(MarkLost)
def deal_lost(talk: Talk, command: MarkLost, result: Result, draft: Draft | None) -> None:
    name = result.view.customer_name if isinstance(result.view, DealView) else ""
    talk.say("lead.lost", *talk.take_back(result.undo_id), name=name)


@skill("transfer_customer", tier=Tier.CONFIRM)
def transfer_customer(talk: Talk, draft: Draft) -> Step:
    """A customer with all that is open goes to a colleague."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    to = colleague(talk, draft)
    if isinstance(to, Need):
        return to
    view: CustomerView = talk.ask(CustomerCard(customer_id=who))
    return Act(TransferDeals(customer_id=who, to_id=to.id, reason=draft.text("reason")),
               talk.voice.say("card.confirm_transfer", name=view.name, to=to.name),
               words={"owner": draft.words("person_to")}, slots=[shown(talk, draft, view.name)])  # fmt: skip


@after(TransferDeals)
def transferred(talk: Talk, command: TransferDeals, result: Result, draft: Draft | None) -> None:
    talk.say("deal.transferred", *talk.take_back(result.undo_id))


@skill("slow_deals")
def slow_deals(talk: Talk, draft: Draft) -> Step:
    """Deals that stay too long: his own, or those of everybody he looks after."""
    found: list[DealView] = talk.ask(SlowDeals(limit=MOST))
    if found:
        talk.show(slow_card(talk.voice, found, talk.actor.id))
    else:
        talk.say("deal.none_slow")
    return None
