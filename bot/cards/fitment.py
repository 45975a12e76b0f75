"""Cards about parts: the verdict with its catalogue row, and the stock."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from bot.cards.base import joined, lines
from bot.ports import Button, Card, Field, Source
from bot.texts import Voice
from crm_core.fitment.messages import FitAnswer, FitRow, StockLine

TONES = {"fits": "good", "fits_if": "warn", "does_not_fit": "bad", "no_data": "done"}
MAX_ROWS = 6


def fitment_card(
    voice: Voice, answer: FitAnswer, *, staff: bool, choose: Callable[[str], Button] | None = None
) -> Card:
    """Fits, fits if, does not fit or no data; with the rows it comes from and, for staff, the stock."""
    return Card(
        kind="fitment",
        title=voice.say(f"fitment.{answer.verdict}", part=answer.part or answer.oe or voice.say("fitment.this_part"),
                        vehicle=answer.vehicle or voice.say("fitment.this_vehicle")),
        fields=(*_rows(voice, answer), *_stock(voice, answer, staff), *_hints(voice, answer)),
        buttons=tuple(choose(voice.label("choice", label)) for _, label in answer.choices[:6]) if choose else (),
        status=voice.say(f"verdict.{answer.verdict}"),
        tone=TONES[answer.verdict],
        note=_question(voice, answer),
        sources=tuple(_source(row) for row in answer.rows[:3]),
    )  # fmt: skip


def _source(row: FitRow) -> Source:
    return Source(row.oe, joined(row.model, row.source if row.source != row.oe else ""))


def stock_card(voice: Voice, answer: FitAnswer, *, staff: bool) -> Card:
    """Stock of a part; customers hear yes, no, or in how many days."""
    part = joined(answer.part, answer.oe, by=" ")
    if not staff:
        return Card("stock", voice.say(f"stock.{availability(answer.stock)}", part=part, days=_days(answer.stock)))
    if not answer.stock:
        return Card("stock", voice.say("stock.no_data", part=part), _hints(voice, answer), tone="done")
    return Card("stock", voice.say("card.stock", part=part),
                (*_stock(voice, answer, staff), *_hints(voice, answer)))  # fmt: skip


def availability(stock: tuple[StockLine, ...]) -> str:
    """`yes`, `days` (on its way), `no`, or `unknown`."""
    if not stock:
        return "unknown"
    if any(line.quantity > 0 for line in stock):
        return "yes"
    return "days" if any(line.in_transit > 0 and line.eta_days is not None for line in stock) else "no"


def _days(stock: tuple[StockLine, ...]) -> int:
    return min((line.eta_days for line in stock if line.eta_days is not None and line.in_transit > 0), default=0)


def _rows(voice: Voice, answer: FitAnswer) -> tuple[Field, ...]:
    fields: list[Field] = []
    for row in islice(answer.rows, MAX_ROWS):
        verdict = "" if row.fits else voice.say("verdict.does_not_fit")
        told = joined(verdict, row.model, _conditions(voice, row), row.note)
        fields.append(Field(joined(row.part_name, row.oe, by=" "), told))
    for name, values in answer.qualifiers:
        fields.append(Field(voice.label("qualifier", name), " / ".join(voice.label("choice", v) for v in values), emph=True))
    return tuple(fields)


def _conditions(voice: Voice, row: FitRow) -> str:
    told = (f"{voice.label('qualifier', name)} {voice.label('choice', value)}" for name, value in row.conditions)
    return joined(*told, by=", ")


def _stock(voice: Voice, answer: FitAnswer, staff: bool) -> tuple[Field, ...]:
    if not staff:
        if not answer.stock:
            return ()
        said = voice.say(f"stock.short_{availability(answer.stock)}", days=_days(answer.stock))
        return lines(voice, ("stock", said))
    return tuple(
        Field(joined(line.dealer, line.oe if len(answer.rows) > 1 else ""), _stock_line(voice, line))
        for line in islice(answer.stock, MAX_ROWS)
    )


def _stock_line(voice: Voice, line: StockLine) -> str:
    coming = voice.say("stock.in_transit", n=line.in_transit, days=line.eta_days or 0) if line.in_transit else ""
    return joined(voice.say("stock.count", n=line.quantity), coming, line.bin,
                  voice.money(line.price_fen) if line.price_fen is not None else "")  # fmt: skip


def _hints(voice: Voice, answer: FitAnswer) -> tuple[Field, ...]:
    return lines(
        voice,
        ("superseded_by", " → ".join(answer.superseded_by)),
        ("alternatives", " / ".join(answer.alternatives[:4])),
        ("near", " / ".join(answer.near[:3])),
    )


def _question(voice: Voice, answer: FitAnswer) -> str | None:
    """One question back, when it decides."""
    if not answer.ask:
        return None
    return voice.maybe(f"fitment.ask.{answer.ask}") or voice.say("fitment.ask.other",
                                                                 what=voice.label("qualifier", answer.ask))  # fmt: skip
