"""The picture of a quote, for whoever may read the quote: only what its customer may see is on it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.cards.base import Easel, joined
from bot.cards.deals import price_label
from bot.ports import Outbound
from bot.texts import Voice
from crm_core.chat.messages import KeepImage
from crm_core.kernel.errors import Refused
from crm_core.org.messages import MyDealer, UnitView
from crm_core.quotes.messages import QuoteCard, QuoteView

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def quote_as_picture(easel: Easel, quote_id: str) -> Outbound:
    """To be sent on. Raises Refused for a quote that no longer holds, NotFound for one he may not read."""
    view: QuoteView = easel.ask(QuoteCard(quote_id=quote_id))
    if view.state != "valid":
        raise Refused("error.quote_over")
    dealer: UnitView = easel.ask(MyDealer())
    content = _drawn(easel, view, dealer)
    # The same picture is kept once, however often it is asked for.
    key = f"picture:{hashlib.sha256(content).hexdigest()[:32]}"
    kept = easel.core.execute(KeepImage(mime="image/png", content=content), easel.actor, key=key)
    return Outbound(text=easel.voice.say("quote.picture"),
                    image={"url": f"/media/{kept.id}", "alt": _alt(easel.voice, view, dealer)})  # fmt: skip


def rows(voice: Voice, view: QuoteView, zone: str) -> list[tuple[str, str]]:
    """What it says above the price to pay; a discount only when there is one."""
    found = [
        (voice.label("field", "customer"), view.customer_name),
        (voice.label("field", "part" if view.of_part else "vehicle"), view.title),
        (voice.label("field", "quantity"), str(view.quantity) if view.quantity > 1 else ""),
        (voice.label("field", "list_price"), voice.money(view.list_fen)),
        (voice.label("field", "discount"), f"-{voice.money(view.discount_fen)}" if view.discount_fen else ""),
        (voice.label("field", "valid_until"), _date(voice, view.valid_until, zone)),
    ]
    return [row for row in found if row[1]]


def _drawn(easel: Easel, view: QuoteView, dealer: UnitView) -> bytes:
    from bot.pictures.quote import quote_picture

    voice, actor = easel.voice, easel.actor
    today = voice.now.astimezone(ZoneInfo(dealer.zone)).date()
    footer = (joined(voice.say("quote.picture_by", name=actor.name), dealer.phone), _address(voice, dealer),
              voice.say("quote.picture_ref", ref=view.ref, day=_day(voice, today)))  # fmt: skip
    return quote_picture(_name(voice, dealer), voice.say("quote.picture_title"), rows(voice, view, dealer.zone),
                         (price_label(voice, view), voice.money(view.net_fen)),
                         [line for line in footer if line])  # fmt: skip


def _alt(voice: Voice, view: QuoteView, dealer: UnitView) -> str:
    """What the picture shows, in words."""
    net = (price_label(voice, view), voice.money(view.net_fen))
    said = (f"{name} {value}" for name, value in (*rows(voice, view, dealer.zone), net))
    return joined(_name(voice, dealer), voice.say("quote.picture_title"), *said)


def _name(voice: Voice, dealer: UnitView) -> str:
    return dealer.name if voice.lang == "zh" else dealer.name_en or dealer.name


def _address(voice: Voice, dealer: UnitView) -> str:
    return dealer.address if voice.lang == "zh" else dealer.address_en or dealer.address


def _date(voice: Voice, at: datetime | None, zone: str) -> str:
    return _day(voice, at.astimezone(ZoneInfo(zone)).date()) if at else ""


def _day(voice: Voice, on: date) -> str:
    """In full: a picture is read on another day than it is drawn."""
    if voice.lang == "zh":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"
