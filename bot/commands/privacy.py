"""`export-person`, `erase-person` and `customer-list`: rights over data, for who runs the deployment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from bot.commands.opening import open_core
from bot.person_page import page
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.messages import Image, ImageView
from crm_core.customers.messages import CustomerLine, FindCustomers
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Ambiguous, ConfigError, NotFound
from crm_core.privacy.messages import (
    AskErasure,
    DecidePrivacyRequest,
    ExportPerson,
    PersonData,
    PrivacyRequestCard,
    PrivacyRequestView,
)


def export_person(who: str, to: Path, as_: str, reason: str) -> int:
    """Write everything that is kept of a customer into a new folder: a page to read, and the data."""
    if to.exists() and any(to.iterdir()):
        raise ConfigError("--to", f"{to} is not empty")
    core = open_core()
    try:
        actor = _acting(core, as_)
        data: PersonData = core.execute(ExportPerson(customer_id=_one(core, actor, who), reason=reason), actor).view
    finally:
        core.close()
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(to / "data.json", data.model_dump_json(indent=1, exclude={"files"}).encode())
    _write(to / "index.html", page(data, Texts.load()).encode())
    for file in data.files:
        (to / "files").mkdir(exist_ok=True, mode=0o700)
        _write(to / "files" / file.name, file.content)
    rows = sum(len(found) for found in data.tables.values())
    print(f"{to / 'index.html'}: {rows} rows of {len(data.tables)} tables, {len(data.files)} files")
    return 0


def erase_person(who: str, as_: str, agreed_by: str, reason: str, yes: bool, as_json: bool) -> int:
    """Ask that a customer be erased, and with a second person's id carry it out; the same who twice is refused."""
    core = open_core()
    try:
        actor = _acting(core, as_)
        asked = AskErasure(customer_id=_one(core, actor, who), reason=reason)
        preview: PrivacyRequestView = core.preview(asked, actor).result.view
        _say(preview, as_json)
        if not yes and not _sure(preview.customer_name):
            print("nothing was done", file=sys.stderr)
            return 1
        request: PrivacyRequestView = core.execute(asked, actor).view
        if not agreed_by:
            print(f"asked; {request.confirmer_name} must agree (request {request.id})", file=sys.stderr)
            return 0
        _carry_out(core, request.id, core.actor(agreed_by, actor.tenant))
    finally:
        core.close()
    return 0


def _carry_out(core: Core, request_id: str, second: Actor) -> None:
    view: PrivacyRequestView = core.execute(DecidePrivacyRequest(request_id=request_id, decision="approve"), second).view
    core.erasures.sync()
    core.erasures.scrub()
    print(f"erased: {view.count} rows; {core.erasures.journal.path} remembers it for every backup", file=sys.stderr)


def customer_list(request_id: str, to: Path, as_: str) -> int:
    """Fetch a list that was agreed to, as its asker, before its time is over."""
    core = open_core()
    try:
        actor = _acting(core, as_)
        view: PrivacyRequestView = core.ask(PrivacyRequestCard(request_id=request_id), actor)
        if not view.file_id:
            raise NotFound(resource="privacy")
        found: ImageView = core.ask(Image(image_id=view.file_id), actor)
    finally:
        core.close()
    _write(to, found.content)
    print(to)
    return 0


def _acting(core: Core, who: str) -> Actor:
    """Whoever is named; the demo's administrator acts where nobody is. Raises ConfigError."""
    if who:
        return core.actor(who)
    if (core.settings.data_dir / "demo").exists():
        return core.actor("admin1")
    raise ConfigError("--as", "name who does this; it stands in the audit")


def _one(core: Core, actor: Actor, who: str) -> str:
    """The customer with this id, or the only one these words fit. Raises NotFound and Ambiguous."""
    found: list[CustomerLine] = core.ask(FindCustomers(words=who, near=False, limit=6), actor)
    if not found and len(who) == 26:
        return who
    exact = [line for line in found if line.name == who] or found
    if not exact:
        raise NotFound(resource="customer")
    if len(exact) > 1:
        raise Ambiguous("WHO", [(line.id, f"{line.name} {line.phone_tail} {line.id}") for line in exact])
    return exact[0].id


def _say(view: PrivacyRequestView, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"name": view.customer_name, "rows": view.count, "counts": view.counts, "kept": view.kept},
                         ensure_ascii=False))  # fmt: skip
        return
    print(f"{view.customer_name}: {view.count} rows would be erased for good")
    for kind, count in view.counts.items():
        print(f"  {kind}: {count}")
    if view.kept:
        print(f"  kept, sealed and shown to nobody, until the law lets go: {view.kept} orders")


def _sure(name: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("--yes", "say that you are sure")
    return input(f"Type the name ({name}) to go on: ").strip() == name


def _write(path: Path, content: bytes) -> None:
    """For its owner alone."""
    flags: Any = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
