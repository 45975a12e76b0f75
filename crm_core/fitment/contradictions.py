"""Rows of the catalogue that deny what others say. A report for people; answers judge for themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import false, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_core.fitment.messages import Contradiction, Contradictions
from crm_core.fitment.normalise import oe_key
from crm_core.fitment.tables import Application, Part
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.vehicles.rules import model_name
from crm_core.vehicles.tables import Model

LISTS = ("trims", "engines", "options")
SPANS = (("from_vin", "to_vin"), ("from_month", "to_month"))
# Two different ones of these may both be true of a car.
FREE = ("note", "qual")
CHUNK = 5_000


def overlap(yes: Application, no: Application) -> bool:
    """Whether a car may meet the conditions of both rows; what is not known to exclude does not exclude."""
    for name in LISTS:
        ours, theirs = ({oe_key(v) or v for v in getattr(row, name)} for row in (yes, no))
        if ours and theirs and not ours & theirs:
            return False
    if yes.position and no.position and yes.position != no.position:
        return False
    if any(_apart(yes, no, low, high) or _apart(no, yes, low, high) for low, high in SPANS):
        return False
    said = {name: value for name, value in no.conditions if name.lower() not in FREE}
    return all(said.get(name, value) == value for name, value in yes.conditions)


def _apart(one: Application, other: Application, low: str, high: str) -> bool:
    """Whether the one ends before the other begins; ends of different lengths do not compare."""
    end, start = getattr(one, high), getattr(other, low)
    return bool(end and start and len(end) == len(start) and end < start)


def _is_exception(no: Application, yes: Application) -> bool:
    """A denial under more conditions than the approval is an exception to it, not its opposite."""
    return _conditions(no) > _conditions(yes)


def _conditions(row: Application) -> set[str]:
    named = {name for name in (*LISTS, "position") if getattr(row, name)}
    named |= {low for low, high in SPANS if getattr(row, low) or getattr(row, high)}
    return named | {f"{name}={value}" for name, value in row.conditions}


def contradictions_of(reader: Reader, part_ids: Iterable[str] | None, limit: int) -> list[Contradiction]:
    """Among the rows of these parts, or of all. Begins at the denials, which are few and have an index."""
    found: list[Contradiction] = []
    for ids in [None] if part_ids is None else _chunks(sorted(set(part_ids))):
        for no, yes, part, model in _pairs(reader, ids, limit):
            if overlap(yes, no) and not _is_exception(no, yes) and len(found) < limit:
                found.append(Contradiction(
                    oe=part.oe, brand=part.brand, model=model_name(model, reader.actor.language or "zh"), yes=told(yes),
                    no=told(no), yes_id=yes.id, no_id=no.id,
                ))  # fmt: skip
    return found


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]


def _pairs(reader: Reader, ids: list[str] | None, limit: int) -> list[Any]:
    no, yes = aliased(Application), aliased(Application)
    query = (
        select(no, yes, Part, Model)
        .join(yes, (col(yes.tenant) == col(no.tenant)) & (col(yes.part_id) == col(no.part_id))
              & (col(yes.model_id) == col(no.model_id)) & (col(yes.fits) == true()))
        .join(Part, col(Part.id) == col(no.part_id)).join(Model, col(Model.id) == col(no.model_id))
        .where(col(no.tenant) == reader.tenant, col(no.fits) == false())
        .order_by(col(no.id).desc(), col(yes.id)).limit(limit * 20)
    )  # fmt: skip
    if ids is not None:
        query = query.where(col(no.part_id).in_(ids))
    return list(reader.session.execute(query).all())


def told(row: Application) -> str:
    """The conditions of a row and where it comes from, on one line."""
    said = [f"{name[:-1]} {'/'.join(getattr(row, name))}" for name in LISTS if getattr(row, name)]
    said += [f"{low[5:]} {getattr(row, low)}..{getattr(row, high)}" for low, high in SPANS
             if getattr(row, low) or getattr(row, high)]  # fmt: skip
    said += [row.position] if row.position else []
    said += [f"{name} {value}" for name, value in row.conditions]
    origin = f"{row.source} {row.ref and '#' + row.ref}".strip()
    return "; ".join(said or ["-"]) + (f" ({origin})" if origin else "")


@answers(Contradictions)
def contradictions(question: Contradictions, reader: Reader) -> list[Contradiction]:
    """Everything in the catalogue that says both yes and no."""
    reader.must("part", "read")
    return contradictions_of(reader, None, min(question.limit, 1_000))
