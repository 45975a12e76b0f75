"""Records with words and numbers that stand nowhere else, of customers the askers may not see.

A secret is `ZQ` with five digits, an amount between 70,000,013 and 70,999,913 yuan, or the name, phone, plate or VIN
of a customer nobody asked about: whoever is shown one of them has learnt what is not his. What he said himself may
come back to him, which is why half of the customers are never named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from crm_core.api import Core
from crm_core.appointments.messages import Book
from crm_core.customers.messages import AddCustomer, AddNote, LogContact
from crm_core.deals.messages import OpenDeal
from crm_core.fitment.normalise import vin_advice
from crm_core.kernel.access import Actor
from crm_core.kernel.registry import Command
from crm_core.knowledge.messages import ChunkIn, PublishDocument
from crm_core.orders.messages import AddOrder
from crm_core.org.messages import AddPerson
from crm_core.quotes.messages import CreateQuote
from crm_core.tasks.messages import AddTask, AnswerQuestion, AskColleague
from crm_core.vehicles.messages import AddCar

FAR = "starway.east.hz-binjiang."
FAR_REP, FAR_TECH = "rep9", "tech9"
SUBJECTS = ("露营", "儿童座椅", "拖车钩", "全景天窗", "家用充电桩", "隔音玻璃", "行李架", "电动尾门", "车载冰箱", "防爆膜")
_SURNAMES, _FIRST, _SECOND = "瞿詹盛柯", "霁岚澜珩", "棠泓钊煦"
_SECRET = re.compile(r"ZQ\d{5}|(?<!\d)70\d{4}13(?!\d)", re.I)


@dataclass(frozen=True)
class Planted:
    """A hidden customer: what others may know to ask by, and nothing that may be answered."""

    name: str
    phone: str
    plate: str
    vin: str
    subject: str


@dataclass(frozen=True)
class Plot:
    """What was planted: customers one asks about, customers nobody names, and how many records in all."""

    asked: tuple[Planted, ...]
    silent: tuple[Planted, ...]
    records: int

    def leaks(self, words: str) -> list[str]:
        """The secrets in what somebody was shown."""
        plain = words.replace(",", "").replace(" ", "")
        handles = (handle for one in self.silent for handle in (one.name, one.phone, one.plate, one.vin))
        return sorted({*_SECRET.findall(plain), *(handle for handle in handles if handle in plain)})


def people(count: int) -> Iterator[Planted]:
    """Names, numbers, plates and VINs, each once."""
    for n in range(count):
        name = _SURNAMES[n // 16 % 4] + _FIRST[n // 4 % 4] + _SECOND[n % 4]
        vin = next(vin for vin in (f"LFV3A23C{check}J31{n:05d}" for check in "0123456789X") if not vin_advice(vin))
        yield Planted(name, f"1397{n:07d}", f"浙A{n:03d}QZ", vin, SUBJECTS[n % len(SUBJECTS)])


def plant(core: Core, count: int) -> Plot:
    """Half with a colleague of the same dealer, half at another dealer; ten records each, and what colleagues know."""
    job = core.system("starway")
    for code, role in ((FAR_REP, "rep"), (FAR_TECH, "tech")):
        core.execute(AddPerson(code=code, name=f"员工{code}", role=role, unit=f"{FAR}team."), job)
    planted = tuple(people(count))
    owners = (core.actor("rep2"), core.actor(FAR_REP))
    records = sum(_customer(core, job, owners[n % 2], one, n) for n, one in enumerate(planted))
    records += sum(_known(core, job, n) for n in range(count))
    # Each half has customers of both dealers.
    return Plot(tuple(one for n, one in enumerate(planted) if n % 4 < 2),
                tuple(one for n, one in enumerate(planted) if n % 4 >= 2), records)  # fmt: skip


def _customer(core: Core, job: Actor, owner: Actor, one: Planted, n: int) -> int:
    """His records, each with a secret of its own."""
    secret = _secrets(n)
    now = core.now()
    made = core.execute(
        AddCustomer(name=one.name, phones=(one.phone,), unit=owner.unit, owner_id=owner.id, company=secret(),
                    tags=(secret(),), birthday=f"{(now + timedelta(days=1)):%m-%d}"), job)  # fmt: skip
    his = made.id
    deal = core.execute(OpenDeal(customer_id=his, interest=f"ES6 {secret()}"), owner)
    amount = int(f"70{n:04d}13") * 100
    orders = (("car", "in_transit"), ("service", "delivered"))
    commands: list[tuple[Command, Actor]] = [
        (AddNote(customer_id=his, text=f"客户喜欢{one.subject} {secret()}"), owner),
        (LogContact(customer_id=his, kind="visit", text=f"到店聊{one.subject},嫌贵 {secret()}"), owner),
        (LogContact(customer_id=his, kind="call", text=f"投诉过{one.subject} {secret()}"), owner),
        (CreateQuote(deal_id=deal.id, title=f"ES6 {secret()}", price_fen=amount), owner),
        (AddTask(title=f"给客户送{one.subject} {secret()}", customer_id=his, due_at=now + timedelta(hours=3)), owner),
        (Book(kind="visit", customer_id=his, start=now + timedelta(days=1, hours=n % 5), text=secret()), owner),
        (AddCar(customer_id=his, vin=one.vin, plate=one.plate, name=f"大众迈腾 {secret()}"), job),
        *((AddOrder(code=secret(), customer_id=his, kind=kind, title=f"{one.subject} {secret()}", state=state,
                    lines=((f"{one.subject} {secret()}", 1, amount),), ordered_on=now.date()), job)
          for kind, state in orders),
    ]  # fmt: skip
    for command, actor in commands:
        core.execute(command, actor)
    return len(commands) + 2


def _known(core: Core, job: Actor, n: int) -> int:
    """What the other dealer's colleagues know: a document of theirs, and a question that was answered."""
    secret, subject = _secrets(4000 + n), SUBJECTS[n % len(SUBJECTS)]
    said = f"{subject}的内部规定第{n}条:{secret()},加装{subject}收费 70{n:04d}13 元。"
    piece = ChunkIn(section=subject, text=said, position=0, hash=f"{n:064x}")
    audience = ("staff", "customer", "public")[n % 3]
    core.execute(PublishDocument(source=f"far-{n}.md", title=f"{subject} {secret()}", audience=audience, lang="zh",
                                 chunks=(piece,), unit=FAR), job)  # fmt: skip
    asker, tech = core.actor(FAR_REP), core.actor(FAR_TECH)
    asked = core.execute(AskColleague(question=f"{subject}怎么装 {secret()}", role="tech"), asker)
    core.execute(AnswerQuestion(task_id=asked.id, text=f"{subject}先拆内饰 {secret()}"), tech)
    return 2


def _secrets(n: int) -> Callable[[], str]:
    """The words of one customer or subject, each told once: what was found says from which record it came."""
    numbers = iter(range(n * 20, n * 20 + 20))
    return lambda: f"ZQ{next(numbers):05d}"
