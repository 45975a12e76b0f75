"""Bodies nobody should send: changed at random, and the same for the same seed."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from crm_core.api import Core
from crm_core.kernel.tables import metadata
from tests.support.fakes.wecom_callback import Sealed

STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 2**31, 2**63, 10**30, 1.5, -0.0, 1e308, "", " ", "\x00", "\ud800", "\u202e\u2066", "𠮷😀",
    "x" * 5_000, "车" * 3_000, "٣", "-1", "1e9", "../../x", "' or 1=1 --", "<b>&amp;</b>", "${x}", "%s%n", [], {}, [[]],
    [None], [1, "a", {}], {"a": {"b": []}}, {"": ""}, {"id": None},
)  # fmt: skip
WORDS = tuple(one for one in STRANGE if isinstance(one, str) and one.isprintable())


def changed(value: Any, chance: random.Random) -> Any:
    """JSON with one to three of its values replaced, left out, given another name, or put where none was."""
    found = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(found))
        if not places:
            break
        holder, key = chance.choice(places)
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(WORDS)] = holder.pop(key)
            case 2 if isinstance(holder, dict):
                holder[chance.choice(("group", "event", "from", "text", "chat"))] = copy.deepcopy(chance.choice(STRANGE))
            case _:
                holder[key] = copy.deepcopy(chance.choice(STRANGE))
    return found


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)


def spliced(body: bytes, chance: random.Random) -> bytes:
    """Bytes with one to eight of them left out, replaced or put between."""
    found = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(found) + 1)
        found[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(found)


def respelled(xml: str, chance: random.Random) -> str:
    """XML with one to three of its letters or texts replaced; often it is XML no more."""
    found = xml
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(found) + 1)
        put = chance.choice((*WORDS, "<", ">", "]]>", "<a>", "</xml>", "&", "&#0;", "<![CDATA[", "é", ""))
        found = found[:at] + put + found[at + chance.randint(0, 6) :]
    return found


def rows_elsewhere(core: Core) -> dict[str, int]:
    """How many rows each table has, but for the inbox and what only locks or counts processes."""
    apart = {"inbox", "locks", "leases", "processes", "limits"}
    with core.database.read() as session:
        return {name: session.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in metadata.tables.items() if name not in apart}  # fmt: skip


def changed_call(sealed: Sealed, chance: random.Random) -> Sealed:
    """A call of WeCom's spoilt from outside, by somebody without the key: its body, or one of its parameters."""
    if chance.random() < 0.6:
        return Sealed(sealed.params, spliced(sealed.body, chance))
    name = chance.choice(list(sealed.params))
    value = str(sealed.params[name])
    at = chance.randrange(len(value))
    return Sealed(sealed.params | {name: value[:at] + chance.choice("0aé%\x00 +") + value[at + 1 :]}, sealed.body)
