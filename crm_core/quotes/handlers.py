"""Quotes and discounts. Rules decide whether somebody must approve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import func, select

from crm_core.approvals.handlers import withdraw
from crm_core.approvals.messages import ApprovalView, AskApproval, WithdrawApproval
from crm_core.approvals.people import policy_for
from crm_core.approvals.queries import is_current, may_see
from crm_core.approvals.rules import Ruling, decide
from crm_core.approvals.tables import Approval
from crm_core.deals.lookup import newest_quote
from crm_core.deals.moves import drop
from crm_core.deals.tables import Deal
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.ids import short_ref
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.org.people import dealer_of
from crm_core.quotes.messages import (
    ApplyDiscount,
    CreateQuote,
    DiscountApplied,
    DiscountView,
    QuoteMade,
    RequestDiscount,
    SetDiscount,
    VoidQuote,
)  # fmt: skip
from crm_core.quotes.queries import pending_of, quote_view
from crm_core.quotes.rules import MAX_FEN, Price, discount_problem, price_said
from crm_core.quotes.tables import Quote
from crm_core.vehicles.messages import FindModels, ModelView


@handles(CreateQuote)
def create_quote(cmd: CreateQuote, uow: Uow) -> Result:
    """A new quote takes the place of the deal's former one. A price below the list price is a discount."""
    deal = _open_deal(uow, cmd.deal_id)
    if not 1 <= cmd.quantity <= 10_000:
        raise Invalid("quantity", "error.invalid")
    title, price = _priced(uow, deal, clean_text(cmd.title)[:200] or deal.interest, cmd.price_fen)
    quote = _make(uow, deal, title, price.list_fen * cmd.quantity, cmd.quantity)
    if price.discount_fen:
        _ask_or_apply(uow, deal, quote, price.discount_fen * cmd.quantity, "")
    return Result(id=quote.id, view=quote_view(quote, uow))


def quote_item(uow: Uow, deal_id: str, title: str, unit_fen: int, quantity: int, *, opened: bool) -> Result:
    """A quote at a price the caller knows from its own catalogue; nobody's words are in it.

    `opened`: the deal was made for it just now.
    """
    deal = _open_deal(uow, deal_id)
    if not 1 <= quantity <= 10_000 or not 0 < unit_fen * quantity < MAX_FEN:
        raise Invalid("quantity", "error.invalid")
    former = newest_quote(uow, deal.id)
    quote = _make(uow, deal, title[:200], unit_fen * quantity, quantity)
    back = VoidQuote(quote_id=quote.id, version=quote.version, former_id=former.id if former else None, opened=opened)
    return Result(id=quote.id, view=quote_view(quote, uow), undo_id=uow.undoable(back, "quote"))


@handles(VoidQuote)
def void_quote(cmd: VoidQuote, uow: Uow) -> Result:
    """Nobody decides about it any more, and nobody is shown it as what holds."""
    known = uow.find(Quote, cmd.quote_id)
    if known is not None:
        uow.lock(f"deal:{known.deal_id}")
    quote = uow.get(Quote, cmd.quote_id, "quote", "write")
    deal = _open_deal(uow, quote.deal_id)
    uow.session.refresh(quote)
    uow.expect(quote, cmd.version)
    if quote.state != "valid":
        raise Conflict("error.changed_since")
    _supersede(uow, quote)
    uow.touch(quote, state="dropped")
    former = uow.find(Quote, cmd.former_id)
    if former is not None and former.deal_id == deal.id and former.state == "replaced":
        uow.touch(former, state="valid")
        uow.refresh(f"quote:{former.id}")
    elif cmd.opened and deal.state == "open":
        drop(uow, deal)
    uow.audit("drop", "quote", quote.id)
    uow.refresh(f"quote:{quote.id}")
    uow.refresh(f"deal:{deal.id}")
    return Result(id=quote.id, view=quote_view(quote, uow))


def _open_deal(uow: Uow, deal_id: str) -> Deal:
    """The deal, with everything about its money locked until the transaction ends."""
    uow.lock(f"deal:{deal_id}")
    deal = uow.get(Deal, deal_id, "deal", "write")
    if deal.state == "lost":
        raise Conflict("error.deal_closed", state=deal.state)
    return deal


def _priced(uow: Uow, deal: Deal, title: str, said_fen: int | None) -> tuple[str, Price]:
    """The model's name and list price by the words; what was said is compared with it."""
    models = _models(uow, title)
    if said_fen is None:
        if not models:
            raise Invalid("price_fen", "error.price_needed", title=title)
        return models[0].name, Price(cast(int, models[0].list_fen), 0)
    if not 0 < said_fen < MAX_FEN:
        raise Invalid("price_fen", "error.amount_not_positive")
    price = price_said(said_fen, [cast(int, m.list_fen) for m in models] or _known_prices(uow, deal))
    name = next((m.name for m in models if m.list_fen == price.list_fen), title)
    return name or title or "-", price


def _known_prices(uow: Uow, deal: Deal) -> list[int]:
    """What a title that is in no catalogue is compared with, so that another word for it is no way around a limit:
    the prices of what the deal is about, else what was quoted before."""
    models = [cast(int, m.list_fen) for m in _models(uow, deal.interest)]
    former = None if models else newest_quote(uow, deal.id)
    return models or ([former.list_fen // former.quantity] if former is not None else [])


def _models(uow: Uow, words: str) -> Sequence[ModelView]:
    """Catalogue models that are sold new and fit the words, best first."""
    if not words:
        return []
    return [m for m in uow.ask(FindModels(words=words)) if m.list_fen]


def _make(uow: Uow, deal: Deal, title: str, list_fen: int, quantity: int) -> Quote:
    former = newest_quote(uow, deal.id)
    if former is not None:
        _supersede(uow, former)
        uow.touch(former, state="replaced")
        uow.refresh(f"quote:{former.id}")
    days = policy_for(uow, deal.unit).quote_valid_days
    quote = uow.new(
        Quote, ref=short_ref("Q"), deal_id=deal.id, customer_id=deal.customer_id, owner_id=deal.owner_id,
        unit=deal.unit, title=title[:200], list_fen=list_fen, quantity=quantity,
        valid_until=uow.now + timedelta(days=days),
    )  # fmt: skip
    uow.flush()
    uow.change("price", former.list_fen if former else None, list_fen, "money")
    uow.audit("create", "quote", quote.id, title=quote.title, list_fen=list_fen)
    uow.emit(QuoteMade(quote_id=quote.id))
    uow.refresh(f"deal:{deal.id}")
    return quote


def _supersede(uow: Uow, quote: Quote) -> str | None:
    """A request about a quote that changes, or is asked about anew, ends; returns its id."""
    pending = pending_of(uow, quote.id)
    if pending is None:
        return None
    withdraw(uow, pending, superseded=True)
    return pending.id


@handles(RequestDiscount)
def request_discount(cmd: RequestDiscount, uow: Uow) -> Result:
    """`amount_fen` off in total. Within the rules it is applied at once, else somebody is asked."""
    deal = _open_deal(uow, cmd.deal_id)
    if cmd.amount_fen <= 0:
        raise Invalid("amount_fen", "error.amount_not_positive")
    quote = newest_quote(uow, deal.id)
    if quote is None:
        title, price = _priced(uow, deal, deal.interest, None)
        quote = _make(uow, deal, title, price.list_fen, 1)
    problem = discount_problem(cmd.amount_fen, quote.list_fen)
    if problem:
        raise Invalid("amount_fen", problem, list_fen=quote.list_fen)
    return _ask_or_apply(uow, deal, quote, cmd.amount_fen, clean_text(cmd.reason)[:1000])


def _ask_or_apply(uow: Uow, deal: Deal, quote: Quote, amount_fen: int, reason: str) -> Result:
    replaced = _supersede(uow, quote)
    ruling = _ruling(uow, deal, quote, amount_fen)
    if not ruling.needs_approval:
        before = quote.discount_fen
        apply(uow, quote, amount_fen, ruling.rule)
        back = SetDiscount(quote_id=quote.id, discount_fen=before, version=quote.version)
        view = DiscountView(state="applied", quote=quote_view(quote, uow), requested_fen=amount_fen,
                            rule=ruling.rule, reason=ruling.reason, replaced_id=replaced)  # fmt: skip
        return Result(id=quote.id, view=view, undo_id=uow.undoable(back, "discount"))
    asked = uow.call(AskApproval(
        kind="discount", record_id=quote.id, record_version=quote.version, deal_id=deal.id,
        customer_id=deal.customer_id or "", amount_fen=amount_fen, rule=ruling.rule, reason=reason,
    ))  # fmt: skip
    _show(uow, quote, amount_fen)
    approval = cast(ApprovalView, asked.view)
    view = DiscountView(state="pending", quote=quote_view(quote, uow), requested_fen=amount_fen,
                        approval_id=asked.id, approver_name=approval.approver_name, rule=ruling.rule,
                        reason=ruling.reason, replaced_id=replaced)  # fmt: skip
    return Result(
        id=quote.id, view=view, undo_id=uow.undoable(WithdrawApproval(approval_id=asked.id), "discount")
    )


def _ruling(uow: Uow, deal: Deal, quote: Quote, amount_fen: int) -> Ruling:
    """By `approvals.yaml`; giving less than before, or what was granted already, needs nobody."""
    roles = [g.role for g in uow.actor.grants if deal.unit.startswith(dealer_of(g.unit))]
    ruling = decide(policy_for(uow, deal.unit), roles, amount_fen, uow.actor.language)
    if ruling.needs_approval and amount_fen <= max(quote.discount_fen, granted(uow, quote.id)):
        return Ruling("approvals.yaml: granted", False, "")
    return ruling


def granted(uow: Uow, quote_id: str) -> int:
    """The most that was granted for a quote, in fen."""
    row = cast(Any, Approval)
    query = select(func.max(row.granted_fen)).where(
        row.tenant == uow.tenant, row.record_id == quote_id, row.state.in_(("approved", "countered"))
    )
    return int(uow.session.execute(query).scalar() or 0)


def _show(uow: Uow, quote: Quote, discount_fen: int) -> None:
    """Before → after of the discount and of what the customer pays."""
    uow.change("discount", quote.discount_fen, discount_fen, "money")
    uow.change("net", quote.list_fen - quote.discount_fen, quote.list_fen - discount_fen, "money")


def apply(uow: Uow, quote: Quote, discount_fen: int, rule: str) -> None:
    """Put a discount into the quote; the caller has made sure that it is allowed."""
    _show(uow, quote, discount_fen)
    uow.touch(quote, discount_fen=discount_fen)
    uow.flush()
    uow.audit("discount", "quote", quote.id, rule, discount_fen=discount_fen)
    uow.emit(DiscountApplied(quote_id=quote.id, deal_id=quote.deal_id, discount_fen=discount_fen))
    uow.refresh(f"quote:{quote.id}")
    uow.refresh(f"deal:{quote.deal_id}")


@handles(ApplyDiscount)
def apply_discount(cmd: ApplyDiscount, uow: Uow) -> Result:
    """The asker, or the deal's owner, uses what was granted, once and for the quote it was granted for."""
    approval = uow.session.get(Approval, cmd.approval_id)
    if approval is None or not may_see(approval, uow):
        raise NotFound(resource="approval")
    uow.lock(f"deal:{approval.deal_id}")
    uow.hold_customer_of(Approval, approval.id)
    uow.session.refresh(approval)
    if uow.actor.id not in (approval.asker_id, approval.owner_id):
        raise Refused("error.not_allowed")
    if approval.state not in ("approved", "countered") or approval.granted_fen is None:
        raise Refused("error.approval_not_granted", state=approval.state)
    if approval.applied_at is not None:
        raise Conflict("error.approval_applied")
    quote = uow.session.get(Quote, approval.record_id)
    if quote is None or not is_current(approval, quote):
        raise Refused("error.approval_stale")
    before = quote.discount_fen
    use(uow, approval, quote)
    undo = uow.undoable(
        SetDiscount(quote_id=quote.id, discount_fen=before, version=quote.version), "discount"
    )
    view = DiscountView(state="applied", quote=quote_view(quote, uow), requested_fen=approval.amount_fen,
                        approval_id=approval.id, rule=approval.rule)  # fmt: skip
    return Result(id=quote.id, view=view, undo_id=undo)


def use(uow: Uow, approval: Approval, quote: Quote) -> None:
    """Apply what an approval grants and mark it used."""
    apply(uow, quote, cast(int, approval.granted_fen), approval.rule)
    uow.touch(approval, applied_at=uow.now)
    uow.refresh(f"approval:{approval.id}")


@handles(SetDiscount)
def set_discount(cmd: SetDiscount, uow: Uow) -> Result:
    """Back to an earlier discount. More than before is allowed only within the rules or what was granted."""
    known = uow.find(Quote, cmd.quote_id)
    if known is not None:
        uow.lock(f"deal:{known.deal_id}")
    quote = uow.get(Quote, cmd.quote_id, "quote", "write")
    deal = _open_deal(uow, quote.deal_id)
    uow.session.refresh(quote)
    uow.expect(quote, cmd.version)
    if not 0 <= cmd.discount_fen < quote.list_fen:
        raise Invalid("discount_fen", "error.amount_too_high", list_fen=quote.list_fen)
    ruling = _ruling(uow, deal, quote, cmd.discount_fen)
    if ruling.needs_approval:
        raise Refused("error.needs_approval", rule=ruling.rule)
    _supersede(uow, quote)
    apply(uow, quote, cmd.discount_fen, ruling.rule)
    return Result(id=quote.id, view=quote_view(quote, uow))
