"""Documents people send: read in a process with limits, and kept as drafts until somebody has looked at them."""

from __future__ import annotations

import hashlib
import threading
from pathlib import PurePath
from typing import TYPE_CHECKING
from unicodedata import normalize

from crm_core.kernel.errors import Invalid, Refused
from crm_core.kernel.limits import Rate
from crm_core.knowledge.messages import Documents, DocumentView, KnowledgeOwners, MayLearn
from crm_core.org.people import dealer_of

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.access import Actor

# A person who empties a folder into the chat: ten at once, then one in two minutes.
FILES = (Rate(30, 3600, 0.34),)
# Reading costs up to ten seconds of a processor; the others wait in line, and chats go on.
_reading = threading.BoundedSemaphore(2)


def must_learn(core: Core, actor: Actor) -> None:
    """Raises Refused, naming who looks after the knowledge base, for who may not add to it."""
    if core.ask(MayLearn(), actor):
        return
    owners: list[str] = core.ask(KnowledgeOwners(), actor)
    raise Refused("learn.ask_owner" if owners else "learn.no_owner", who=owners[0] if owners else "")


def take_file(core: Core, actor: Actor, content: bytes, name: str, *, key: str | None = None) -> str:
    """The draft's id. Raises Refused and Invalid with words for the sender."""
    from bot.commands.learning import audience_of, proposing
    from retrieval.documents import Given, Reader, Unreadable

    must_learn(core, actor)
    if not core.limits.take(f"files:{actor.id}", FILES, 1, core.now()):
        raise Refused("error.busy")
    source, unit, audience = _place(core, actor, _plain(name) if name.strip() else nameless(content))
    try:
        with _reading, Reader() as reader:
            document = reader.read(content, source, Given(audience_of(audience), unit))
    except Unreadable as error:
        raise Invalid("file", f"learn.bad.{error.key}", **error.params) from error
    return core.execute(proposing(document), actor, key=key).id


def nameless(content: bytes) -> str:
    """A name for a file that came without one, by its first bytes and its content: two such files are two documents."""
    ending = ".txt"
    if content.startswith(b"%PDF"):
        ending = ".pdf"
    elif content.startswith(b"PK"):
        ending = ".xlsx" if b"xl/workbook.xml" in content else ".docx"
    elif content[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        ending = ".html"
    return f"document-{hashlib.sha256(content).hexdigest()[:8]}{ending}"


def _plain(name: str) -> str:
    """A file's name as sources are kept: without folders, in one spelling, at a bearable length."""
    spelt = " ".join("".join(c if c.isprintable() else " " for c in normalize("NFKC", name)).split())
    bare = PurePath(spelt.replace("\\", "/")).name.strip() or "document"
    path = PurePath(bare)
    return f"{path.stem[:120]}{path.suffix[:10]}"


def _place(core: Core, actor: Actor, name: str) -> tuple[str, str, str]:
    """Source, unit and audience: a file sent again renews its document, and never that of another dealer."""
    dealer = dealer_of(actor.unit)
    unit = dealer if dealer.count(".") > 1 else ""
    found: list[DocumentView] = core.ask(Documents(words=name, limit=1000), actor)
    own = [one for one in found if one.source in (name, f"{unit}{name}")]
    same = next((one for one in own if one.unit in ("", unit)), None)
    if same is not None:
        return same.source, same.unit, same.audience
    return (f"{unit}{name}" if own else name), unit, "staff"
