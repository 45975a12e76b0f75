"""Customers by the words people use for them: a name as it is written or as it sounds, a title, a phone's end.

Exact name, then the same sound, then a part of the name, then sounds that are easily confused, then one slip,
then initials: a later kind is looked for only when the earlier ones found nobody. Each is a look-up of keys in an
index, within the customers the actor may read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, desc, select, text
from sqlmodel import col

from crm_core.customers import names
from crm_core.customers.rules import Fit, Spoken, match_score, spoken_name, surname_of
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.uow import Reader

_DIGITS = re.compile(r"\d{4,}")
_NUMBER = re.compile(r"\+?\d[\d \-]*")
_TAIL_WORDS = re.compile(r"(?:手机|电话|号码|手机号)?(?:尾号|末四位|后四位)(?:是|为)?|(?:\bending|\bends)(?: in| with)?\b")
_INITIALS = re.compile(r"[a-z]{2,4}")
_CANDIDATES, _MANY = 60, 240
_LISTED = {"sqlite": "json_each(:keys)", "postgresql": "json_array_elements_text(CAST(:keys AS json))"}


class Match(NamedTuple):
    """As much of a customer as is needed to judge whether he is meant."""

    id: str
    name: str
    pinyin: str
    gender: str
    owner_id: str | None
    touched_at: datetime


class Candidate(NamedTuple):
    """A customer who may be meant: why, and how well he fits."""

    score: float
    fit: Fit
    row: Match


def candidates(
    reader: Reader, words: str, focus_id: str | None, cars: set[str], limit: int, *, near: bool = True
) -> list[Candidate]:
    """Visible customers that fit the words, best first. `near` looks for misspelt names, too."""
    words = words.strip()
    digits = _DIGITS.search(words.replace(" ", ""))
    name = _TAIL_WORDS.sub("", _NUMBER.sub("", words)).strip(" ()（）的,，:：") if digits else words
    if digits:
        found = _by_digits(reader, digits[0], limit)
        fitting = [row for row in found if _called(row, name)] if len(name) > 1 else found
        if fitting or len(name) <= 1:
            return [Candidate(2.0, Fit.PHONE, row) for row in fitting]
        words = name  # nobody of that name has such a number: whoever has the number is not meant
    spoken = spoken_name(words)
    if not spoken.name:
        return []
    spelt = names.spelling(spoken.name)
    rows = _by_name(reader, spoken, spelt, near)
    common = Counter(row.name for _, row in rows)
    scored = []
    for fit, row in rows:
        score = match_score(
            fit, gender=(spoken.gender, row.gender), mine=row.owner_id == reader.actor.id, touched=row.touched_at,
            now=reader.now, focus=row.id == focus_id, car_fits=row.id in cars,
            like=0.0 if fit is Fit.SURNAME else names.likeness(spelt, row.name, row.pinyin),
            share=common[row.name] / len(rows),
        )  # fmt: skip
        scored.append(Candidate(score, fit, row))
    return sorted(scored, key=lambda found: (-found.score, found.row.id))[:limit]


def _called(row: Match, name: str) -> bool:
    """Whether a customer may be called so: by the name, its sound, its beginning, or the surname with a title."""
    spoken = spoken_name(name)
    if spoken.surname_only:
        return surname_of(row.name) == surname_of(spoken.name)
    spelt = names.spelling(spoken.name)
    near = [*names.same_sound(spelt), *names.near_sounds(spelt)]
    begins = row.name.lower().startswith(spoken.name.lower())
    return begins or row.pinyin in near or names.one_slip(spelt, row.name, row.pinyin)


def _by_name(reader: Reader, spoken: Spoken, spelt: names.Spelling, near: bool) -> list[tuple[Fit, Match]]:
    """The customers whose name is what was said, else sounds so, else may be meant by it."""
    if spoken.surname_only:
        return [(Fit.SURNAME, row) for row in _titled(reader, surname_of(spoken.name))]
    same, alike = names.same_sound(spelt), names.near_sounds(spelt) if near else []
    found = [(_heard(row, spoken.name, same), row) for row in _with_keys(reader, [*same, *alike])]
    if found:
        best = max(fit for fit, _ in found)
        return [(fit, row) for fit, row in found if fit is best or fit is not Fit.NEAR]
    if len(spoken.name) >= 2 and (rows := _beginning_so(reader, spoken.name)):
        return [(Fit.PART, row) for row in rows]
    return _misspelt(reader, spelt) if near else []


def _heard(row: Match, said: str, same: Sequence[str]) -> Fit:
    return Fit.NAME if row.name.lower() == said.lower() else Fit.SOUND if row.pinyin in same else Fit.NEAR


def _misspelt(reader: Reader, spelt: names.Spelling) -> list[tuple[Fit, Match]]:
    for keys in names.slips(spelt):
        rows = _with_keys(reader, keys)
        if found := [row for row in rows if names.one_slip(spelt, row.name, row.pinyin)]:
            return [(Fit.SLIP, row) for row in found]
    if spelt.latin and _INITIALS.fullmatch(spelt.pinyin):
        return [(Fit.INITIALS, row) for row in _matches(reader, col(Customer.initials) == spelt.pinyin)]
    return []


def _titled(reader: Reader, surname: str) -> list[Match]:
    """Own customers first, so that a large house does not hide them; then everybody else visible."""
    named = col(Customer.surname).in_(names.families(surname) if surname.isascii() else (surname,))
    mine = col(Customer.owner_id) == reader.actor.id
    others = col(Customer.owner_id).is_distinct_from(reader.actor.id)
    return _matches(reader, named, mine) + _matches(reader, named, others)


def _beginning_so(reader: Reader, name: str) -> list[Match]:
    """Whose name begins with these words. Byte order makes that a range; other orders go by the surname."""
    begins = col(Customer.name).startswith(name, autoescape=True)
    if _dialect(reader) == "sqlite":
        last = name[:-1] + chr(ord(name[-1]) + 1)
        return _matches(reader, col(Customer.name) >= name, col(Customer.name) < last, begins)
    return _matches(reader, col(Customer.surname) == surname_of(name), begins)


def _dialect(reader: Reader) -> str:
    return reader.session.get_bind().dialect.name


def _with_keys(reader: Reader, keys: Sequence[str]) -> list[Match]:
    """Those whose pinyin is one of many keys, own ones first: one parameter, however many there are."""
    if not keys:
        return []
    listed = _LISTED[_dialect(reader)]
    known = text(f"SELECT value FROM {listed}").bindparams(bindparam("keys", json.dumps(keys)))
    own = case((col(Customer.owner_id) == reader.actor.id, 0), else_=1)
    return _matches(reader, col(Customer.pinyin).in_(known), first=own, limit=_MANY)


def _visible(reader: Reader, first: Any = None) -> Any:
    """The customers the actor may read, as matches: by `first`, then the last touched first."""
    columns = [getattr(Customer, name) for name in Match._fields]
    query: Any = select(*columns).where(reader.clause(Customer, "customer"))
    touched = desc(col(Customer.touched_at))
    return query.order_by(touched) if first is None else query.order_by(first, touched)


def _by_digits(reader: Reader, digits: str, limit: int) -> list[Match]:
    """By the whole number, or by the last four digits people read out."""
    if len(digits) == 4:
        match = col(ContactPoint.tail_index).in_(reader.cipher.indexes("phone-tail", digits))
    else:
        whole = parse_phone(digits).value
        match = col(ContactPoint.value_index).in_(reader.cipher.indexes("phone", whole))
    query = _visible(reader).join(ContactPoint, col(ContactPoint.customer_id) == col(Customer.id))
    found = reader.session.execute(query.where(col(ContactPoint.tenant) == reader.tenant, match).limit(limit))
    return [Match(*row) for row in found]


def _matches(reader: Reader, *conditions: Any, first: Any = None, limit: int = _CANDIDATES) -> list[Match]:
    query = _visible(reader, first).where(*conditions).limit(limit)
    return [Match(*row) for row in reader.session.execute(query)]
