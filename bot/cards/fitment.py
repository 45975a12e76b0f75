"""Cards about parts: the verdict with its catalogue row, and the stock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bot.cards.base import joined, lines
from bot.ports import Button, Card, Field
from bot.texts import Voice
from crm_core.fitment.messages import FitAnswer, FitRow, StockLine
from crm_core.fitment.rules import IS, OTHER

TONES = {"fits": "good", "fits_if": "warn", "does_not_fit": "bad", "no_data": "done"}
MAX_ROWS = 3


def fitment_card(
    voice: Voice, answer: FitAnswer, *, staff: bool, buttons: tuple[Button, ...] = (), note: str = ""
) -> Card:
    """Fits, fits if, does not fit or no data; with the rows it comes from and, for staff, the stock."""
    undecided = answer.verdict == "no_data" and bool(answer.choices)
    return Card(
        kind="fitment",
        title=voice.say("fitment.undecided" if undecided else f"fitment.{answer.verdict}",
                        part=answer.part or answer.oe or voice.say("fitment.this_part"),
                        vehicle=answer.vehicle or voice.say("fitment.this_vehicle")),
        fields=_candidates(voice, answer) if answer.choices else (*_rows(voice, answer), *_more(voice, answer, staff)),
        buttons=buttons,
        status=None if undecided else voice.say(f"verdict.{answer.verdict}"),
        tone=None if undecided else TONES[answer.verdict],
        note="\n".join(filter(None, (_warning(voice, answer), note, _question(voice, answer)))) or None,
    )  # fmt: skip


def _more(voice: Voice, answer: FitAnswer, staff: bool) -> tuple[Field, ...]:
    """What matters once it is known which part: before that, the question comes first."""
    return (*_price(voice, answer), *_stock(voice, answer, staff), *_hints(voice, answer))


def stock_card(voice: Voice, answer: FitAnswer, *, staff: bool, buttons: tuple[Button, ...] = ()) -> Card:
    """Stock of a part; customers hear yes, no, or in how many days. A number nobody knows comes with those like it."""
    part = joined(answer.part, answer.oe, by=" ")
    if not answer.part_id:
        return Card("stock", voice.say("stock.no_data", part=part), _hints(voice, answer), buttons, tone="done")
    more = (*_price(voice, answer), *_hints(voice, answer))
    if not staff:
        title = voice.say(f"stock.{availability(answer.stock)}", part=part, days=_days(answer.stock))
        return Card("stock", title, more, buttons)
    return Card("stock", voice.say("card.stock", part=part), (*_stock(voice, answer, staff), *more), buttons)


def listed_card(voice: Voice, answer: FitAnswer, rows: Sequence[FitRow]) -> Card:
    """Which models a number is listed for, with the conditions of each row."""
    fields = tuple(
        Field(voice.say("verdict.fits_if" if row.fits and row.conditions else f"verdict.{_plain(row)}"),
              joined(row.model, _conditions(voice, row, frozenset()), row.note, _origin(voice, row)))
        for row in rows
    )  # fmt: skip
    part = joined(answer.part, answer.oe, by=" ")
    return Card("fitment", voice.say("fitment.listed", part=part), fields, note=voice.say("fitment.listed_note"))


def _plain(row: FitRow) -> str:
    return "fits" if row.fits else "does_not_fit"


def choice_label(voice: Voice, ask: str, value: str) -> str:
    """A choice in words: a place, a range, or the value as it is."""
    if ask in ("vin", "month") and ".." in value:
        low, _, high = value.partition("..")
        key = "between" if low and high else "since" if low else "until"
        return voice.say(f"fitment.{key}", low=low, high=high)
    return voice.label("choice", value)


def _price(voice: Voice, answer: FitAnswer) -> tuple[Field, ...]:
    """What the part in question costs the asker."""
    told = any(line.own and line.price_fen is not None and line.exact for line in answer.stock)
    if answer.verdict == "does_not_fit" or told:
        return ()
    if several(answer):
        prices = {line.oe: line.price_fen for line in answer.stock if line.price_fen is not None}
        rows = [row.oe for row in islice(answer.rows, MAX_ROWS) if row.oe in prices]
        each = (f"{oe} {voice.money(prices[oe])}" for oe in dict.fromkeys(rows))
        return lines(voice, ("part_price", joined(*each, by="；" if voice.lang == "zh" else "; ")))
    return lines(voice, ("part_price", voice.money(answer.price_fen) if answer.price_fen is not None else ""))


def several(answer: FitAnswer) -> bool:
    """Whether more than one part may be meant."""
    return len({row.oe for row in answer.rows if row.fits}) > 1


def _warning(voice: Voice, answer: FitAnswer) -> str:
    """What is wrong with the VIN or with the catalogue itself."""
    said = (voice.say("fitment.check_vin") if answer.check_vin else "",
            voice.say("fitment.contradiction") if answer.contradiction else "")  # fmt: skip
    return "\n".join(filter(None, said))


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
    common, count = _common(answer.rows), min(len(answer.rows), MAX_ROWS)
    fields = [
        Field(joined(voice.label("field", "catalogue_row"), str(n) if count > 1 else "", by=" "),
              joined(row.oe, "" if row.fits else voice.say("verdict.does_not_fit"),
                     row.part_name if row.part_name != answer.part else "",
                     row.model if row.model != answer.vehicle else "",
                     _conditions(voice, row, common), row.note, _origin(voice, row)))
        for n, row in enumerate(islice(answer.rows, MAX_ROWS), start=1)
    ]  # fmt: skip
    for name, values in answer.qualifiers:
        if name != answer.ask:
            told = " / ".join(choice_label(voice, name, v) for v in values if v != OTHER)
            fields.append(Field(qualifier_label(voice, name), told, emph=True))
    return tuple(fields)


def _origin(voice: Voice, row: FitRow) -> str:
    """Whose table it stands in, at which row, and how sure that is, where it is known."""
    sure = f"{row.confidence}%" if row.confidence is not None else ""
    said = joined(row.source, row.ref, sure, by=" ")
    return voice.say("fitment.source", source=said) if said else ""


def _candidates(voice: Voice, answer: FitAnswer) -> tuple[Field, ...]:
    """Before it is known which: what each part depends on and whether it is there, when one model is meant."""
    if len({row.model for row in answer.rows}) != 1:
        return ()
    common = _common(answer.rows)
    return tuple(
        Field(row.oe, joined(_conditions(voice, row, common), "" if row.fits else voice.say("verdict.does_not_fit"),
                             _there(voice, [line for line in answer.stock if line.oe == row.oe])))
        for row in islice(answer.rows, MAX_ROWS)
    )  # fmt: skip


def _there(voice: Voice, found: Sequence[StockLine]) -> str:
    """The own dealer's stock in a word or a number; nothing where nothing is known."""
    own = [line for line in found if line.own] or list(found)
    return _together(voice, own) if own else ""


def _common(rows: Sequence[FitRow]) -> frozenset[tuple[str, str]]:
    """Conditions that all of several rows share tell nothing."""
    if len(rows) < 2:
        return frozenset()
    return frozenset.intersection(*(frozenset(row.conditions) for row in rows))


def _conditions(voice: Voice, row: FitRow, common: frozenset[tuple[str, str]]) -> str:
    told = (qualifier_label(voice, name) if name.startswith(IS) else
            f"{qualifier_label(voice, name)} {choice_label(voice, name, value)}"
            for name, value in row.conditions if (name, value) not in common)  # fmt: skip
    return joined(*told, by=", ")


def qualifier_label(voice: Voice, name: str) -> str:
    """A condition by its name; a remark of the source in its own words."""
    return name.removeprefix(IS) if name.startswith(IS) else voice.label("qualifier", name)


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
        ("superseded_by", " → ".join((answer.first_oe, *answer.superseded_by)) if answer.superseded_by else ""),
        ("alternatives", " / ".join(_trusted(answer, number) for number in answer.alternatives[:3])),
        ("near", " / ".join(answer.near[:3])),
    )


def _trusted(answer: FitAnswer, number: str) -> str:
    """Another number with how sure its source is, where it says so."""
    sure = next((one.confidence for one in answer.substitutes if one.number == number), None)
    return f"{number} ({sure}%)" if sure is not None else number


def _question(voice: Voice, answer: FitAnswer) -> str | None:
    """One question back, when it decides."""
    if not answer.ask:
        return None
    if answer.ask.startswith(IS):
        return voice.say("fitment.ask.is", what=qualifier_label(voice, answer.ask))
    return voice.maybe(f"fitment.ask.{answer.ask}") or voice.say("fitment.ask.other",
                                                                 what=qualifier_label(voice, answer.ask))  # fmt: skip
