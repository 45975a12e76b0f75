"""The front door: `execute(command, actor)` changes, `ask(question, actor)` tells. Nobody gets in elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from crm_core.channels.accounts import Accounts
from crm_core.channels.arrivals import Arrivals
from crm_core.channels.codes import ResponseCodes
from crm_core.channels.tokens import Tokens
from crm_core.channels.troubles import AccountTroubles
from crm_core.chat.invites import Invites
from crm_core.chat.routing import cards_about, route, routes
from crm_core.chat.service import Chats
from crm_core.concepts import load_all
from crm_core.kernel import migrate
from crm_core.kernel.access import Actor, Grant, parse_access
from crm_core.kernel.anchors import Anchors
from crm_core.kernel.audit_check import Verdict, verify
from crm_core.kernel.clock import Clock, SystemClock
from crm_core.kernel.db import Database, deadlocked
from crm_core.kernel.door import sound
from crm_core.kernel.errors import ConfigError, Conflict, NotFound, Unavailable
from crm_core.kernel.inbox import InboxQueue
from crm_core.kernel.leases import Leases
from crm_core.kernel.limits import Limits
from crm_core.kernel.outbox import OutboxQueue
from crm_core.kernel.overdue import overdue, release_all
from crm_core.kernel.pacing import PacedQueue
from crm_core.kernel.pii import Cipher
from crm_core.kernel.policies import Policies
from crm_core.kernel.registry import (
    Command,
    Preview,
    Question,
    Result,
    View,
    answerers,
    handlers,
    views_by_name,
)
from crm_core.kernel.rotate import DIGEST_FACT, KEY_FACT
from crm_core.kernel.settings import Settings
from crm_core.kernel.tables import Executed
from crm_core.kernel.timers import Timers
from crm_core.kernel.uow import Reader, Services, Uow
from crm_core.kernel.workers import Workers
from crm_core.look import Look
from crm_core.org.people import tenants
from crm_core.privacy.sync import Erasures
from crm_core.rights.actors import load_actor

__all__ = ["Core"]

DEADLOCK_RETRIES = 3


class _TakeBack(Exception):
    """Ends a preview's transaction without a trace."""


class Core:
    """One open deployment: database, rules and queues. Safe to share between threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(settings.url)
        self.policies = Policies(settings.policies)
        self.access = parse_access(self.policies.documents["access"])
        self.cipher = Cipher(settings.key(), settings.old_keys())
        self._load_actor = partial(load_actor, by_duty=self.access.by_duty())
        self.services = Services(
            policies=self.policies, access=self.access, cipher=self.cipher, is_sqlite=self.database.is_sqlite,
            load_actor=self._load_actor, routes=routes, cards_about=cards_about,
        )  # fmt: skip
        self.inbox = InboxQueue(self.database, self.cipher)
        self.outbox = OutboxQueue(self.database, self.cipher)
        self.limits = Limits(self.database)
        self.paced = PacedQueue(self.database, self.outbox)
        self.timers = Timers(self.database, self._system_uow)
        self.leases = Leases(self.database)
        self.anchors = Anchors(self.database, self.cipher, settings.data_dir, settings.audit_anchor)
        self.workers = Workers(self.database)
        self.invites = Invites(self.database)
        self.chats = Chats(self.database, self.cipher, self.inbox, self.outbox, route)
        self.accounts = Accounts(self.database, self.cipher)
        self.arrivals = Arrivals(self.database, self.inbox)
        self.tokens = Tokens(self.database, self.cipher, self.leases, clock)
        self.codes = ResponseCodes(self.database, self.cipher)
        self.account_troubles = AccountTroubles(self.database)
        self.erasures = Erasures(self, settings.erasures)

    @classmethod
    def open(cls, settings: Settings | None = None, clock: Clock | None = None) -> Core:
        """Open the deployment named by the settings, bringing its schema up to date.

        Raises ConfigError, naming the setting or the policy's file and line.
        """
        load_all()
        settings = settings or Settings()
        migrate.prepare(settings.url, by_hand=settings.migrate == "manual")
        core = cls(settings, clock or SystemClock())
        core._check_key()
        core.erasures.sync()
        return core

    def now(self) -> datetime:
        return self.clock.now()

    def close(self) -> None:
        self.database.close()

    # Who

    def actor(self, person: str, tenant: str | None = None) -> Actor:
        """The person with this id or code. Raises NotFound."""
        with self.database.read() as session:
            actor = self._load_actor(session, person, self.now(), tenant)
        if actor is None:
            raise NotFound(resource="person")
        return actor

    def system(self, tenant: str) -> Actor:
        """The job actor of a tenant: cadences, imports and clean-up act as it, under the role `job`."""
        return Actor(id="job", tenant=tenant, kind="job", name="Chexin", unit=f"{tenant}.",
                     grants=(Grant("job", f"{tenant}."),))  # fmt: skip

    def intake(self, tenant: str, unit: str) -> Actor:
        """What speaks for an intake key: it may bring leads to its unit and nothing else."""
        return Actor(
            id="intake", tenant=tenant, kind="intake", name="API", unit=unit, grants=(Grant("intake", unit),)
        )

    def tenants(self) -> list[str]:
        """Every tenant of this deployment."""
        with self.database.read() as session:
            return tenants(session)

    # Doing

    def execute(self, command: Command, actor: Actor, *, key: str | None = None) -> Result:
        """Carry a command out in one transaction.

        With `key`, the same command never acts twice: a repeat gets the first answer with `again` set, and
        another command under the same key raises Conflict. Raises the errors of `kernel.errors`.
        """
        command = sound(command)
        for _ in range(DEADLOCK_RETRIES):
            try:
                return self._execute(command, actor, key)
            except Unavailable as error:
                if not deadlocked(error):
                    raise
        return self._execute(command, actor, key)

    def _execute(self, command: Command, actor: Actor, key: str | None) -> Result:
        with self.database.write(actor.tenant) as session:
            uow = self._uow(session, actor)
            if key is None:
                return self._run(command, uow)
            row_id = f"{actor.tenant}:{self.cipher.digest('key', key)}"
            known = self._known(uow, row_id, command)
            if known is not None:
                return known
            result = self._run(command, uow)
            session.add(self._executed(uow, row_id, command, result))
            return result

    def preview(self, command: Command, actor: Actor) -> Preview:
        """What the command would change, by the same rules: it is run and taken back."""
        command, found = sound(command), None
        try:
            with self.database.write(actor.tenant) as session:
                uow = self._uow(session, actor)
                found = self._run(command, uow)
                raise _TakeBack
        except _TakeBack:
            pass
        assert found is not None
        return Preview(changes=found.changes, result=found)

    def _run(self, command: Command, uow: Uow) -> Result:
        result: Result = handlers[type(command)](command, uow)
        uow.keep_undo(result.undo_id)
        uow.settle()
        self._note(uow)
        uow.flush_pushes()
        return result.model_copy(update={"changes": tuple(uow.changes)})

    def _uow(self, session: Session, actor: Actor) -> Uow:
        """A unit of work as the actor is now: rights are read in the deciding transaction."""
        now = self.now()
        if actor.kind not in ("job", "intake"):
            fresh = self._load_actor(session, actor.id, now, actor.tenant)
            if fresh is None:
                raise NotFound(resource="person")
            actor = replace(fresh, language=actor.language or fresh.language)
        return Uow(session=session, actor=actor, now=now, services=self.services)

    def _system_uow(self, session: Session, tenant: str, now: datetime) -> Uow:
        return Uow(session=session, actor=self.system(tenant), now=now, services=self.services)

    # Asking

    def ask(self, question: Question, actor: Actor) -> Any:
        """Answer a question with what the actor may see. Raises NotFound alike for absent and forbidden."""
        question = sound(question)
        with self.database.read(actor.tenant) as session:
            reader = self.reader(session, actor)
            answer = answerers[type(question)](question, reader)
        self.note_opened(reader)
        return answer

    def note_opened(self, reader: Reader) -> None:
        """What was opened for a purpose stands in the audit before anybody is told; without it nothing is told."""
        if not reader.opened:
            return
        with self.database.write(reader.tenant) as session:
            uow = self._uow(session, reader.actor)
            uow.opened |= reader.opened
            self._note(uow)
            uow.flush_pushes()

    def _note(self, uow: Uow) -> None:
        for resource, record_id in uow.opened:
            uow.audit("open", resource, record_id, reason="purpose")

    @contextmanager
    def look(self) -> Iterator[Look]:
        """One consistent look at the database, for many questions of several people."""
        with self.database.read() as session:
            yield Look(self, session)

    def reader(self, session: Session, actor: Actor) -> Reader:
        """A Reader over a session of the caller's."""
        return Reader(session=session, actor=actor, now=self.now(), services=self.services)

    def overdue(self, before: datetime) -> dict[str, int]:
        """Counts of timers, messages and arrivals that were due before an instant and are not done."""
        with self.database.read() as session:
            return overdue(session, before)

    def verify_audit(self) -> Verdict:
        """Whether every audit line is where and as it was written, as far as the anchors reach."""
        with self.database.read() as session:
            return verify(session, self.cipher, self.anchors)

    def recover(self) -> None:
        """At the start of the only process: what a killed one had taken is free again at once."""
        with self.database.write() as session:
            release_all(session)

    # Once only

    def _known(self, uow: Uow, row_id: str, command: Command) -> Result | None:
        uow.lock("key:" + hashlib.sha256(row_id.encode()).hexdigest()[:3])
        row: Executed | None = uow.session.get(Executed, row_id)
        if row is None:
            return None
        if row.fingerprint != self._fingerprint(command, uow.actor):
            raise Conflict("error.key_reused")
        return _result_from(json.loads(self.cipher.open(f"executed.result.{row_id}", row.result_enc)))

    def _executed(self, uow: Uow, row_id: str, command: Command, result: Result) -> Executed:
        text = json.dumps(_result_data(result), ensure_ascii=False)
        return Executed(id=row_id, fingerprint=self._fingerprint(command, uow.actor), at=uow.now,
                        result_enc=self.cipher.seal(f"executed.result.{row_id}", text))  # fmt: skip

    def _fingerprint(self, command: Command, actor: Actor) -> str:
        """What tells one actor's command from another, keyed, so that nothing can be guessed from it."""
        text = f"{actor.id}:{type(command).__name__}:{command.model_dump_json()}"
        return self.cipher.digest("command", text)

    def _check_key(self) -> None:
        """The first start notes which key seals the data. Raises ConfigError when that key is not among ours."""
        noted = self.leases.recall(KEY_FACT)
        if noted is None:
            noted = self.cipher.key_id
            self.leases.remember(KEY_FACT, noted, self.now())
        elif not self.cipher.knows(noted):
            raise ConfigError(
                "CHEXIN_SECRET_KEY",
                f"the data was written with another key ({noted}); set the key it was written with",
            )
        self.cipher.digest_with(noted, self.leases.recall(DIGEST_FACT))


def _result_data(result: Result) -> dict[str, Any]:
    """A result as JSON data, with the name of its view's type."""
    data = result.model_dump(mode="json", exclude={"view", "again"})
    if isinstance(result.view, View):
        data |= {"view": result.view.model_dump(mode="json"), "type": type(result.view).__name__}
    return data


def _result_from(data: dict[str, Any]) -> Result:
    """The inverse of `_result_data`, marked as a repeat."""
    name = data.pop("type", None)
    if name:
        data["view"] = views_by_name[name].model_validate(data["view"])
    return Result(**data, again=True)


def check_settings(settings: Settings) -> list[str]:
    """What is wrong with the core's settings and policies, as `where: what`; empty when all is well."""
    from crm_core.kernel.check import policy_problems

    problems = policy_problems(settings)
    try:
        settings.old_keys()
        if settings.secret_key.get_secret_value() or not settings.is_sqlite:
            settings.key()
    except ConfigError as error:
        problems.append(str(error))
    return problems
