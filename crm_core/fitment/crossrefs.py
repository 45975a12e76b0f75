"""Which numbers stand for which: superseded, interchangeable, of other makers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select
from sqlmodel import col

from crm_core.fitment.messages import AddCrossRef, AddPart, Substitute
from crm_core.fitment.normalise import oe_key
from crm_core.fitment.tables import CrossRef
from crm_core.kernel.errors import ChexinError, Invalid
from crm_core.kernel.registry import Result
from crm_core.kernel.uow import Reader, Uow
from crm_core.vehicles.handlers import outcome_of

KINDS = ("supersedes", "interchange", "aftermarket")
MAX_CHAIN = 20
Key = tuple[str, str, str]


def put_crossrefs(commands: Sequence[tuple[int, AddPart]], uow: Uow) -> list[tuple[int, bool]]:
    """Store what the parts say about other numbers. Returns (position, whether something changed)."""
    keys = {oe_key(cmd.oe) for _, cmd in commands}
    query = select(CrossRef).where(col(CrossRef.tenant) == uow.tenant, col(CrossRef.to_key).in_(keys))
    known: dict[Key, CrossRef] = {(row.kind, row.from_key, row.to_key): row for row in uow.rows(query)}
    return [(at, _put_refs(cmd, known, uow)) for at, cmd in commands]


def _put_refs(cmd: AddPart, known: dict[Key, CrossRef], uow: Uow) -> bool:
    """Each list that is given replaces what the part's row said so far, not what a table of its own says.

    True when something changed.
    """
    to_key, changed = oe_key(cmd.oe), False
    for kind in KINDS:
        wanted = {
            (kind, key, to_key): shown for said in getattr(cmd, kind) for key, shown in _keys(said, kind)
        }
        wanted = {ref: shown for ref, shown in wanted.items() if ref[1] and ref[1] != to_key}
        if not wanted:
            continue
        gone = [ref for ref, row in known.items() if ref[0] == kind and ref[2] == to_key and not row.source]
        for ref in [ref for ref in gone if ref not in wanted]:
            _drop(known.pop(ref), uow)
            changed = True
        for ref in wanted.keys() - known.keys():
            known[ref] = uow.new(CrossRef, kind=kind, from_key=ref[1], to_key=to_key, display=wanted[ref])
            changed = True
    return changed


def _drop(row: CrossRef, uow: Uow) -> None:
    """Also one that the same file brought just now and that is not in the database yet."""
    if row in uow.session.new:
        uow.session.expunge(row)
    else:
        uow.session.delete(row)


def put_refs(commands: Sequence[AddCrossRef], uow: Uow) -> list[Result | ChexinError]:
    """Many cross references at once; `view` of each result is added, changed or unchanged."""
    keys = {oe_key(cmd.to_oe)[:40] for cmd in commands}
    query = select(CrossRef).where(col(CrossRef.tenant) == uow.tenant, col(CrossRef.to_key).in_(keys))
    known: dict[Key, CrossRef] = {(row.kind, row.from_key, row.to_key): row for row in uow.rows(query)}
    outcomes: list[Result | ChexinError] = []
    for cmd in commands:
        try:
            outcomes.append(_put_one(cmd, known, uow))
        except Invalid as error:
            outcomes.append(error)
    return outcomes


def _put_one(cmd: AddCrossRef, known: dict[Key, CrossRef], uow: Uow) -> Result:
    """One number under each of its keys: with its maker's name, and without."""
    to_key, shown = oe_key(cmd.to_oe)[:40], f"{cmd.brand} {cmd.from_oe}".strip()
    found = dict.fromkeys((oe_key(cmd.from_oe)[:60], oe_key(shown)[:60] if cmd.brand else ""))
    for field, key in (("from_oe", oe_key(cmd.from_oe)), ("to_oe", to_key)):
        if not key:
            raise Invalid(field, "error.bad_oe", value=getattr(cmd, field))
    if to_key in found:
        raise Invalid("from_oe", "error.same_number", value=cmd.from_oe)
    if not 0 <= (cmd.confidence or 0) <= 100:
        raise Invalid("confidence", "error.not_a_percentage", value=cmd.confidence)
    values = {
        "display": shown[:80],
        "brand": cmd.brand[:60],
        "confidence": cmd.confidence,
        "source": cmd.source[:120],
    }
    named, record_id = set(), ""
    for from_key in filter(None, found):
        row = known.get((cmd.kind, from_key, to_key))
        named.add("added" if row is None else outcome_of(row, values))
        if row is None:
            row = uow.new(CrossRef, kind=cmd.kind, from_key=from_key, to_key=to_key, **values)
            known[cmd.kind, from_key, to_key] = row
        elif outcome_of(row, values) == "changed":
            uow.touch(row, **values)
        record_id = row.id
    return Result(
        id=record_id, view=next(view for view in ("added", "changed", "unchanged") if view in named)
    )


def _keys(said: str, kind: str) -> list[tuple[str, str]]:
    """The keys a number is found by: with its maker's name, and without."""
    shown = said.strip()[:80]
    maker, _, number = shown.partition(" ")
    found = [(oe_key(shown)[:60], shown)]
    if kind == "aftermarket" and number and not any(c.isdigit() for c in maker):
        found.append((oe_key(number)[:60], shown))
    return found


def refs_from(reader: Reader, keys: Iterable[str]) -> list[CrossRef]:
    """What these numbers stand for."""
    query = select(CrossRef).where(
        col(CrossRef.tenant) == reader.tenant, col(CrossRef.from_key).in_(set(keys))
    )
    return reader.rows(query)


def replacements(reader: Reader, keys: Iterable[str]) -> dict[str, list[str]]:
    """Old number → numbers that replaced it, followed from `keys` as far as the chain goes."""
    found: dict[str, list[str]] = defaultdict(list)
    edge, seen = set(keys), set(keys)
    for _ in range(MAX_CHAIN):
        refs = [ref for ref in refs_from(reader, edge) if ref.kind == "supersedes"] if edge else []
        for ref in refs:
            found[ref.from_key].append(ref.to_key)
        edge = {ref.to_key for ref in refs} - seen
        seen |= edge
        if not edge:
            break
    return dict(found)


def same_parts(reader: Reader, key: str) -> list[str]:
    """Keys of numbers listed as the very same part, in either direction."""
    query = select(CrossRef).where(
        col(CrossRef.tenant) == reader.tenant, col(CrossRef.kind) == "interchange",
        or_(col(CrossRef.from_key) == key, col(CrossRef.to_key) == key),
    )  # fmt: skip
    return sorted({ref.to_key if ref.from_key == key else ref.from_key for ref in reader.rows(query)})


def substitutes_of(reader: Reader, keys: Iterable[str]) -> tuple[Substitute, ...]:
    """Other numbers that are listed for these parts, the same part before other makers'."""
    query = select(CrossRef).where(
        col(CrossRef.tenant) == reader.tenant, col(CrossRef.kind) != "supersedes", col(CrossRef.to_key).in_(set(keys))
    )
    found: dict[str, Substitute] = {}
    for ref in sorted(reader.rows(query), key=lambda r: (r.kind != "interchange", -(r.confidence or 0), r.id)):
        number = ref.display or ref.from_key
        found.setdefault(number, Substitute(kind=ref.kind, number=number, source=ref.source, confidence=ref.confidence))
    return tuple(found.values())


def aftermarket_of(reader: Reader, keys: Iterable[str]) -> list[str]:
    """Other makers' numbers for these parts, as people write them."""
    query = select(CrossRef).where(
        col(CrossRef.tenant) == reader.tenant,
        col(CrossRef.kind) == "aftermarket",
        col(CrossRef.to_key).in_(set(keys)),
    )
    return list(dict.fromkeys(ref.display for ref in sorted(reader.rows(query), key=lambda r: r.id)))
