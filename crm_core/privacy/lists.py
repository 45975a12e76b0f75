"""A file of many customers: whom the asker may see, as he sees them, with his name on it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from crm_core.customers.lookup import phones_by_customer
from crm_core.customers.queries import consents
from crm_core.customers.tables import Customer
from crm_core.kernel.access import Actor
from crm_core.kernel.pii import mask_phone
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.people import person_name
from crm_core.privacy.reveals import report_decoy
from crm_core.privacy.tables import PrivacyRequest

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_AS = "xlsx"  # the type's own name is longer than the column that holds it
HEADS = {
    "zh": ("编号", "姓名", "电话", "城市", "级别", "来源", "负责人", "最近联系", "可发营销信息"),
    "en": ("Code", "Name", "Phone", "City", "Level", "Source", "Owner", "Last contact", "Marketing allowed"),
}
MARKS = {
    "zh": "内部资料,请勿外传。导出人:{asker};同意人:{second};时间:{at};申请号:{id}",
    "en": "Internal, do not pass on. Exported by {asker}, agreed to by {second}, {at}, request {id}",
}
YES = {"zh": ("是", "否"), "en": ("yes", "no")}
# What a spreadsheet takes for a formula, also in the wide forms that some convert.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


def _whose(reader: Reader, actor: Actor, chosen: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The customers somebody may put in a list."""
    where = [reader.access.clause(actor, "customer", "list", Customer)]
    return [*where, col(Customer.level) == chosen["level"]] if chosen.get("level") else where


def most_customers(reader: Reader, actor: Actor, chosen: Mapping[str, str]) -> int:
    """How many a list would hold."""
    query = select(func.count()).select_from(Customer).where(*_whose(reader, actor, chosen))
    return int(reader.session.execute(query).scalar() or 0)


def make_list(uow: Uow, asker: Actor, row: PrivacyRequest) -> Blob:
    """The file, kept as the asker's own; a customer who does not exist in it is reported."""
    found = uow.rows(select(Customer).where(*_whose(uow, asker, row.chosen)).order_by(col(Customer.code), col(Customer.id)))
    for customer in found:
        report_decoy(uow, customer, "customer_list", by_id=asker.id)
    language = asker.language if asker.language in HEADS else "zh"
    mark = MARKS[language].format(asker=asker.name, second=uow.actor.name, at=f"{uow.now:%Y-%m-%d %H:%M} UTC", id=row.id)
    content = workbook([[mark], HEADS[language], *_lines(uow, asker, found, language)])
    blob = Blob(tenant=uow.tenant, unit=row.unit, person_id=asker.id, mime=KEPT_AS, content=b"", created_at=uow.now)
    blob.content = uow.cipher.seal_bytes(f"blobs.content.{blob.id}", content)
    uow.session.add(blob)
    uow.audit("export", "privacy", row.id, customers=len(found))
    return blob


def _lines(uow: Uow, asker: Actor, found: Sequence[Customer], language: str) -> Iterator[Sequence[Any]]:
    level, (yes, no) = uow.access.sees(asker, "contact"), YES[language]
    phones = phones_by_customer(uow, [row.id for row in found])
    for row in found:
        shown = [value if level == "read" else mask_phone(value) for value, _ in phones[row.id]] if level != "hide" else []
        yield (row.code or row.id, row.name, " / ".join(shown), row.city, row.level, row.source,
               person_name(uow, row.owner_id), f"{row.touched_at:%Y-%m-%d}",
               yes if consents(uow, row.id, "marketing") else no)  # fmt: skip


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    """One sheet in which every cell is text: nothing in it is ever worked out."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    for row in rows:
        sheet.append([harmless(str(cell)) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that stays text, also after somebody saves the sheet as CSV; without what a sheet cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("", cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
