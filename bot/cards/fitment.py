"""Cards about parts: the verdict with its catalogue row, and the stock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from bot.cards.base import joined, lines
from bot.ports import Button, Card, Field
from bot.texts import Voice
from crm_core.fitment.messages import FitAnswer, FitRow, StockLine

TONES = {"fits": "good", "fits_if": "warn", "does_not_fit": "bad", "no_data": "done"}
MAX_ROWS = 3


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
    )  # fmt: skip


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
    """The catalogue rows it comes from, numbered, and what else may decide."""
    common = _common(answer.rows)
    fields = [
        Field(f"{n}. {row.oe}", joined("" if row.fits else voice.say("verdict.does_not_fit"),
                                       row.part_name if row.part_name != answer.part else "",
                                       row.model if row.model != answer.vehicle else "",
                                       _conditions(voice, row, common), row.note) or voice.say("verdict.fits"))
        for n, row in enumerate(islice(answer.rows, MAX_ROWS), start=1)
    ]  # fmt: skip
    for name, values in answer.qualifiers:
        if name != answer.ask:
            told = " / ".join(voice.label("choice", v) for v in values)
            fields.append(Field(voice.label("qualifier", name), told, emph=True))
    return tuple(fields)


def _common(rows: Sequence[FitRow]) -> frozenset[tuple[str, str]]:
    """Conditions that all of several rows share tell nothing."""
    if len(rows) < 2:
        return frozenset()
    return frozenset.intersection(*(frozenset(row.conditions) for row in rows))


def _conditions(voice: Voice, row: FitRow, common: frozenset[tuple[str, str]]) -> str:
    told = (f"{voice.label('qualifier', name)} {voice.label('choice', value)}"
            for name, value in row.conditions if (name, value) not in common)  # fmt: skip
    return joined(*told, by=", ")


def _stock(voice: Voice, answer: FitAnswer, staff: bool) -> tuple[Field, ...]:
    """For staff the own dealer's lines, part by part, and one line for all the others."""
    if not staff:
        if not answer.stock:
            return ()
        said = voice.say(f"stock.short_{availability(answer.stock)}", days=_days(answer.stock))
        return lines(voice, ("stock", said))
    numbers = list(dict.fromkeys(line.oe for line in answer.stock))
    shown = [oe for oe in dict.fromkeys(row.oe for row in islice(answer.rows, MAX_ROWS)) if oe in numbers] or numbers
    named = {oe: oe if len(shown) > 1 else "" for oe in shown}
    own = [Field(line.dealer, joined(named[line.oe], _stock_line(voice, line)))
           for line in answer.stock if line.own and line.oe in named]  # fmt: skip
    others = [joined(named[oe], _together(voice, [x for x in answer.stock if x.oe == oe and not x.own]), by=" ")
              for oe in shown if any(x.oe == oe and not x.own for x in answer.stock)]  # fmt: skip
    return (*own, *((Field(voice.say("stock.elsewhere"), joined(*others)),) if others else ()))


def _stock_line(voice: Voice, line: StockLine) -> str:
    coming = voice.say("stock.in_transit", n=line.in_transit, days=line.eta_days or 0) if line.in_transit else ""
    return joined(_quantity(voice, line.quantity, line.exact), coming if line.exact else "", line.bin,
                  voice.money(line.price_fen) if line.price_fen is not None else "")  # fmt: skip


def _quantity(voice: Voice, quantity: int, exact: bool) -> str:
    """A number only where it is one."""
    return voice.say("stock.count", n=quantity) if exact else voice.say("stock.yes_there" if quantity else "stock.no_there")


def _together(voice: Voice, found: Sequence[StockLine]) -> str:
    exact = all(line.exact for line in found)
    return _quantity(voice, sum(line.quantity for line in found), exact)


def _hints(voice: Voice, answer: FitAnswer) -> tuple[Field, ...]:
    return lines(
        voice,
        ("superseded_by", " → ".join(answer.superseded_by)),
        ("alternatives", " / ".join(answer.alternatives[:3])),
        ("near", " / ".join(answer.near[:3])),
    )


def _question(voice: Voice, answer: FitAnswer) -> str | None:
    """One question back, when it decides."""
    if not answer.ask:
        return None
    return voice.maybe(f"fitment.ask.{answer.ask}") or voice.say("fitment.ask.other",
                                                                 what=voice.label("qualifier", answer.ask))  # fmt: skip
