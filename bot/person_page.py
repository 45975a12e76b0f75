"""A person's data as one page that anybody can read: no script, nothing fetched, every word escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import yaml

from bot.texts import Texts
from crm_core.privacy.export import workings
from crm_core.privacy.messages import PersonData

_STYLE = (
    "body{font:15px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid #ccc}"
    "dl{display:grid;grid-template-columns:9rem 1fr;gap:.15rem .8rem;margin:.8rem 0;padding:.6rem .8rem;"
    "background:#f6f6f4;border-radius:.4rem}dt{color:#666}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}"
    "img{max-width:100%}@media(max-width:30rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}"
)
# Opaque ids lead a program from row to row, and tell a person nothing.
_SILENT = ("id", "unit", "version")


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "person_page.yaml").read_text("utf-8"))
    return loaded


def page(data: PersonData, texts: Texts) -> str:
    """The page in the customer's language; complete copies are in the JSON beside it."""
    lang = "en" if data.language == "en" else "zh"
    said = _words()[lang]
    title = escape(said["title"].format(name=data.name))
    parts = [f"<h1>{title}</h1>", f"<p>{escape(said['intro'].format(at=f'{data.made_at:%Y-%m-%d %H:%M} UTC'))}</p>"]
    for table in sorted(data.tables, key=_place):
        if not workings(table):
            heading = escape(said["tables"].get(table, table.replace("_", " ")))
            parts.append(f"<h2>{heading} ({len(data.tables[table])})</h2>")
            parts += [_row(row, lang, texts) for row in data.tables[table]]
    parts.append(f"<h2>{escape(said['audit'])} ({len(data.audit)})</h2>")
    parts += [_row(line, lang, texts) for line in data.audit]
    parts += _pictures(data)
    return (f"<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>"
            "<meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"Content-Security-Policy\" "
            "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src 'self'\">"
            f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>")  # fmt: skip


def _place(table: str) -> tuple[int, str]:
    """What people look for first comes first."""
    order = list(_words()["zh"]["tables"])
    return (order.index(table) if table in order else len(order), table)


def _row(row: Mapping[str, Any], lang: str, texts: Texts) -> str:
    lines = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in _lines(row, lang, texts))
    return f"<dl>{lines}</dl>" if lines else ""


def _lines(row: Mapping[str, Any], lang: str, texts: Texts) -> Iterator[tuple[str, str]]:
    fields = _words()[lang]["fields"]
    for name, value in row.items():
        if name in _SILENT or name.endswith("_id"):
            continue
        label = fields.get(name) or texts.try_say(f"label.field.{name}", lang, {}) or name.replace("_", " ")
        yield label, _told(name, value, lang)


def _told(name: str, value: Any, lang: str) -> str:
    """A value in words: money in yuan, yes and no, lists and what is inside a card line by line."""
    if isinstance(value, bool):
        return str(_words()[lang]["yes" if value else "no"])
    if name.endswith("_fen") and isinstance(value, int):
        return f"{value / 100:,.2f}"
    if isinstance(value, Mapping):
        inner = (_told(key, one, lang) for key, one in value.items() if key not in ("buttons", "kind"))
        return "\n".join(filter(None, inner))
    if isinstance(value, (list, tuple)):
        return "\n".join(_told("", one, lang) for one in value)
    return "" if value is None else str(value)


def _pictures(data: PersonData) -> Iterator[str]:
    for file in data.files:
        if file.mime.startswith("image/"):
            yield f'<p><img src="files/{escape(file.name)}" alt=""></p>'
