"""Reading the catalogue: numbers in any spelling, and the rows for a kind of part on some models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlmodel import col

from crm_core.fitment.crossrefs import refs_from
from crm_core.fitment.messages import FitRow, PartSpec
from crm_core.fitment.normalise import family, look_alikes, oe_key
from crm_core.fitment.rules import Row
from crm_core.fitment.spans import Span, vin_tail
from crm_core.fitment.stock import part_name
from crm_core.fitment.tables import Application, CrossRef, Part
from crm_core.kernel.uow import Reader
from crm_core.vehicles.rules import model_name
from crm_core.vehicles.tables import Model

MAX_NEAR = 6
MIN_FAMILY = 6
MAX_ROWS = 20_000
MAX_CATEGORIES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A catalogue row with its part, and the row as the rules see it."""

    application: Application
    part: Part
    row: Row


def parts_with(reader: Reader, keys: Iterable[str]) -> dict[str, list[Part]]:
    """The parts with these keys; two makers may use one number."""
    query = select(Part).where(col(Part.tenant) == reader.tenant, col(Part.oe_key).in_(set(keys)))
    found: dict[str, list[Part]] = {}
    for part in sorted(reader.rows(query), key=lambda p: (p.oe_key, p.maker)):
        found.setdefault(part.oe_key, []).append(part)
    return found


def known_numbers(reader: Reader, keys: Iterable[str]) -> frozenset[str]:
    """Those of the keys that are parts of the catalogue, or lead to one."""
    wanted = set(keys)
    if not wanted:
        return frozenset()
    own = select(col(Part.oe_key)).where(col(Part.tenant) == reader.tenant, col(Part.oe_key).in_(wanted))
    refs = select(col(CrossRef.from_key)).where(
        col(CrossRef.tenant) == reader.tenant, col(CrossRef.from_key).in_(wanted)
    )
    return frozenset(key for query in (own, refs) for key in reader.session.execute(query).scalars())


def same_maker(one: Part, other: Part) -> bool:
    """Cross references go from number to number: of another maker's part with the same digits they say nothing."""
    return not one.maker or not other.maker or one.maker == other.maker


def meant_by(reader: Reader, text: str) -> list[Part]:
    """The parts a number stands for: its own part, else what cross references lead to."""
    key = oe_key(text)
    own = parts_with(reader, {key})
    found = own or parts_with(reader, {ref.to_key for ref in refs_from(reader, {key})})
    return [part for name in sorted(found) for part in found[name]]


def near_numbers(reader: Reader, text: str) -> tuple[str, ...]:
    """Numbers that look alike (O/0, I/1) or are other revisions. Suggestions, never answers."""
    key = oe_key(text)
    if not key:
        return ()
    stem = family(key)
    ours = select(Part).where(col(Part.tenant) == reader.tenant).order_by(col(Part.oe_key)).limit(MAX_NEAR)
    found = reader.rows(ours.where(col(Part.oe_key).in_(look_alikes(key))))
    if len(stem) >= MIN_FAMILY:
        found += reader.rows(ours.where(col(Part.oe_key) >= stem, col(Part.oe_key) < stem + "["))
    close = [part.oe for part in found if part.oe_key != key]
    return tuple(dict.fromkeys(close))[:MAX_NEAR]


def entries(reader: Reader, models: Sequence[Model], categories: Iterable[str], vin: str = "") -> list[Entry]:
    """Every row for these kinds of parts on these models. Index: (tenant, model, category).

    At most MAX_ROWS: so many mean that some may be missing, and that nothing can be said.
    """
    query = (
        select(Application, Part).join(Part, col(Part.id) == col(Application.part_id))
        .where(col(Application.tenant) == reader.tenant, col(Application.model_id).in_([m.id for m in models]),
               col(Application.category).in_(set(categories)))
        .order_by(col(Application.natural_key)).limit(MAX_ROWS)
    )  # fmt: skip
    return [Entry(a, p, as_row(a, p, vin)) for a, p in reader.session.execute(query).all()]


def categories_named(reader: Reader, models: Sequence[Model], spec: PartSpec) -> list[str]:
    """The kinds of parts meant: the category said, else those of the models' parts whose name holds the words."""
    if spec.category:
        return [spec.category]
    words = spec.words.strip()
    if not words or not models:
        return []
    named = or_(
        col(Part.name).contains(words, autoescape=True), col(Part.name_en).icontains(words, autoescape=True)
    )
    query = (
        select(col(Part.category)).join(Application, col(Application.part_id) == col(Part.id))
        .where(col(Application.tenant) == reader.tenant, col(Application.model_id).in_([m.id for m in models]), named)
        .distinct().limit(MAX_CATEGORIES)
    )  # fmt: skip
    return sorted(reader.session.execute(query).scalars())


def rows_of(reader: Reader, parts: Sequence[Part], limit: int) -> list[FitRow]:
    """The rows of these parts, what fits first. Index: (tenant, part)."""
    by_id = {part.id: part for part in parts}
    query = (
        select(Application, Model).join(Model, col(Model.id) == col(Application.model_id))
        .where(col(Application.tenant) == reader.tenant, col(Application.part_id).in_(by_id))
        .order_by(col(Application.fits).desc(), col(Model.code), col(Application.natural_key)).limit(limit)
    )  # fmt: skip
    found = [(a, by_id[a.part_id], model) for a, model in reader.session.execute(query).all()]
    return [fit_row(Entry(a, part, as_row(a, part, "")), model, reader) for a, part, model in found]


def named_position(reader: Reader, category: str, words: str) -> str:
    """Where on the car the words say, when they are a part's whole name: 前刹车片 is at the front."""
    said = words.strip()
    if not said:
        return ""
    places = select(col(Part.position)).where(
        col(Part.tenant) == reader.tenant, col(Part.category) == category,
        or_(col(Part.name) == said, col(Part.name_en).ilike(said)),
    ).distinct().limit(2)  # fmt: skip
    found = reader.session.execute(places).scalars().all()
    return found[0] if len(found) == 1 else ""


def as_row(application: Application, part: Part, vin: str) -> Row:
    """The row as the rules see it. Whole VINs become production numbers where the vehicle's VIN is alike."""
    place = application.position or (part.position if ":" in part.position else "")
    return Row(
        id=application.id, part_id=part.id, fits=application.fits, trims=tuple(application.trims),
        engines=tuple(application.engines), options=tuple(application.options), position=place,
        vin=Span(_comparable(application.from_vin, vin), _comparable(application.to_vin, vin)),
        month=Span(application.from_month, application.to_month), part_position=part.position,
        conditions=tuple((str(name), str(value)) for name, value in application.conditions),
    )  # fmt: skip


def _comparable(bound: str, vin: str) -> str:
    """A whole VIN compares by its tail only with cars of the same type, year and plant."""
    alike = len(bound) == 17 == len(vin) and bound[:8] == vin[:8] and bound[9:11] == vin[9:11]
    return vin_tail(bound) if alike else bound


def fit_row(entry: Entry, model: Model, reader: Reader) -> FitRow:
    """A catalogue row to show as evidence."""
    a = entry.application
    conditions = [(q, "/".join(entry.row.values(q)) or str(entry.row.span(q))) for q in entry.row.qualifiers]
    return FitRow(
        application_id=a.id, part_id=entry.part.id, oe=entry.part.oe, part_name=part_name(entry.part, reader),
        model=model_name(model, reader.actor.language), fits=a.fits, conditions=tuple(conditions), note=a.note,
        source=a.source, ref=a.ref, confidence=a.confidence,
    )  # fmt: skip
