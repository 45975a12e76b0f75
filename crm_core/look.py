"""One look at the database for many questions: what a batch of cards is drawn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from crm_core.customers.tables import Customer
from crm_core.kernel.access import Actor
from crm_core.kernel.door import sound
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import Question, answerers, timed
from crm_core.kernel.tenancy import narrow
from crm_core.org.tables import Person
from crm_core.rights.actors import load_actors

if TYPE_CHECKING:
    from crm_core.api import Core

_PEOPLE = ("owner_id", "asker_id", "for_id")


class Look:
    """Answers questions of several people from one consistent state, so that a batch costs a few statements.

    An error of the database spoils the whole look: whoever meets one asks the core itself.
    """

    def __init__(self, core: Core, session: Session) -> None:
        self._core = core
        self._session = session
        self._actors: dict[str, Actor] = {}

    def read(self, people: Iterable[str], subjects: Iterable[str]) -> None:
        """Read at once who will ask, and the records (`task:ID`) that will be asked about."""
        self._actors |= load_actors(self._session, people, self._core.now(), by_duty=self._core.access.by_duty())
        ids: dict[str, set[str]] = defaultdict(set)
        for concept, _, record_id in (subject.partition(":") for subject in subjects):
            if concept in timed:
                ids[concept].add(record_id)
        reader = self._core.reader(self._session, self._core.system(""))
        rows = [row for concept in sorted(ids) for row in reader.preload(timed[concept], ids[concept])]
        reader.preload(Customer, (getattr(row, "customer_id", None) for row in rows))
        reader.preload(Person, (getattr(row, name, None) for row in rows for name in _PEOPLE))

    def actor(self, person_id: str, tenant: str) -> Actor:
        """Who was read with `read`. Raises NotFound for everybody else, and for who is not of the tenant."""
        actor = self._actors.get(person_id)
        if actor is None or actor.tenant != tenant:
            raise NotFound(resource="person")
        return actor

    def ask(self, question: Question, actor: Actor) -> Any:
        """As `Core.ask`, of the state at the beginning of the look."""
        question = sound(question)
        narrow(self._session, actor.tenant)
        reader = self._core.reader(self._session, actor)
        answer = answerers[type(question)](question, reader)
        self._core.note_opened(reader)
        return answer
