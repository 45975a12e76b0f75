"""What a customer can do with his appointments by himself, in words and by buttons, wherever he writes to us."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.wecom.kf_reading import chat_of
from crm_core.api import Core
from crm_core.appointments.tables import Appointment
from crm_core.chat.messages import BindContact
from crm_core.tasks.tables import Task
from tests.channels.conftest import moving_core
from tests.channels.kf.conftest import Desk, customer_of, desk_on
from tests.channels.telegram.conftest import CUSTOMERS, TelegramSite, open_site
from tests.support.fakes.telegram import FakeTelegram, Message, User
from tests.support.fakes.wecom import fake_wecom
from tests.support.fakes.wecom_kf import DESK
from tests.support.site import DEALER

PHONE, STAFF_BOT = "13800138111", "7000000001:staff-token-for-tests"
ANN = User(4001, "安安", "zh-hans")


@dataclass(frozen=True)
class Words:
    """What is said, pressed and seen in one language."""

    language: str
    book: str
    move: str
    cancel: str
    later: str
    confirm: str
    move_label: str
    cancel_label: str
    moved: str
    over: str
    hours: str
    open: str
    switch: str
    switched: str
    leave: str
    number: str
    thanks: str
    asked: str


ZH = Words(
    "zh", "预约明天下午三点试驾", "试驾改到后天上午十点", "取消我的试驾", "周三下午两点", "确认", "改约", "取消预约", "改到",
    "预约已取消", "你们几点关门", "今天营业到18:00", "English please", "English from now on", "手机号",
    f"我叫安安，电话{PHONE}，想看ES6", "电话已经记下", "已请顾问为您安排",
)  # fmt: skip
EN = Words(
    "en", "book a test drive tomorrow at 3pm", "move my test drive to Monday at 10am", "cancel my test drive",
    "Wednesday at 2pm", "Confirm", "Reschedule", "Cancel booking", "moved to", "booking is cancelled", "when do you close",
    "Open today until 6 pm", "说中文", "以后说中文", "phone number", f"I'm Ann Lee, my number is {PHONE}, about the ES6",
    "have your number", "asked our adviser",
)  # fmt: skip


class Customer(ABC):
    """Somebody with a phone in hand."""

    core: Core

    @abstractmethod
    def bind(self, language: str) -> None:
        """His account is that of the customer with the number, as after sharing it."""

    @abstractmethod
    def says(self, text: str, answer: str) -> None:
        """He writes, and is answered with these words."""

    @abstractmethod
    def presses(self, label: str, answer: str) -> None:
        """He presses a button of the newest message that has it."""

    def appointment(self) -> Any:
        with self.core.database.read() as session:
            found = session.execute(select(Appointment)).scalars().one()
            session.expunge(found)
            return found

    def bound(self, words: Words) -> None:
        customer_of(self.core, "rep1", "安安", PHONE)
        self.bind(words.language)

    def _bind(self, language: str, **account: str) -> None:
        command = BindContact(**account, phone=PHONE, unit=DEALER, language=language)  # type: ignore[arg-type]
        bound = self.core.execute(command, self.core.system("starway"))
        assert bound.view is not None


class OnWechat(Customer):
    """At the desk of 微信客服, where buttons are numbered lines."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self.core = desk, desk.core

    def bind(self, language: str) -> None:
        corp = self._desk.kf.wecom.corp
        self._bind(language, channel="kf", account=corp, native_id=f"wmAnn@{DESK}", chat=chat_of(corp, DESK, "wmAnn"))

    def says(self, text: str, answer: str) -> None:
        seen = self._desk.says("wmAnn", text)
        assert any(answer in one for one in seen), seen
        self._desk.settled()

    def presses(self, label: str, answer: str) -> None:
        seen = self._desk.presses("wmAnn", label)
        assert any(answer in one for one in seen), seen
        self._desk.settled()


class OnTelegram(Customer):
    """With the bot for customers."""

    def __init__(self, site: TelegramSite) -> None:
        self._telegram, self.core = site.telegram, site.core

    def bind(self, language: str) -> None:
        bot = CUSTOMERS.partition(":")[0]
        self._bind(language, channel="telegram", account=bot, native_id=str(ANN.id), chat=f"telegram:{bot}:{ANN.id}")

    def says(self, text: str, answer: str) -> None:
        before = self._state()
        self._telegram.say(ANN, text, bot=CUSTOMERS)
        self._sees(answer, before)

    def presses(self, label: str, answer: str) -> None:
        self._telegram.until(lambda: any(label in one.labels for one in self._chat()), 20, f"a button {label!r}")
        message = next(one for one in reversed(self._chat()) if label in one.labels)
        before = self._state()
        self._telegram.press(ANN, message, label)
        self._sees(answer, before)

    def _chat(self) -> list[Message]:
        return list(self._telegram.chat(ANN))

    def _state(self) -> set[tuple[int, str]]:
        return {(one.id, one.text) for one in self._chat()}

    def _sees(self, answer: str, before: set[tuple[int, str]]) -> None:
        self._telegram.until(lambda: any(answer in text for _, text in self._state() - before), 20,
                             f"{answer!r} among {self._state() - before}")  # fmt: skip


@contextmanager
def on_wechat(core: Core) -> Iterator[Customer]:
    with fake_wecom() as fake, desk_on(core, fake) as desk:
        yield OnWechat(desk)


@contextmanager
def on_telegram(core: Core) -> Iterator[Customer]:
    with FakeTelegram(STAFF_BOT, CUSTOMERS) as telegram, open_site(core, "polling", telegram) as site:
        yield OnTelegram(site)


@pytest.fixture(params=[on_wechat, on_telegram], ids=["kf", "telegram"])
def customer(request: pytest.FixtureRequest, small_sqlite: Path, tmp_path: Path) -> Iterator[Customer]:
    core = moving_core(small_sqlite, tmp_path)
    with request.param(core) as found:
        yield found
    core.close()


both = pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])


@both
def test_booked_moved_and_cancelled_in_words(customer: Customer, words: Words) -> None:
    customer.bound(words)
    customer.says(words.book, words.confirm if isinstance(customer, OnWechat) else "3 pm" if words is EN else "15:00")
    customer.presses(words.confirm, "15:00" if words is ZH else "3 pm")
    start = customer.appointment().start_at
    customer.says(words.move, "10:00" if words is ZH else "10 am")
    customer.presses(words.confirm, words.moved)
    assert (customer.appointment().start_at - start).total_seconds() == 19 * 3600
    customer.says(words.cancel, "10:00" if words is ZH else "10 am")
    assert customer.appointment().state == "booked"
    customer.presses(words.confirm, words.over)
    assert customer.appointment().state == "cancelled"


@both
def test_moved_and_cancelled_by_buttons(customer: Customer, words: Words) -> None:
    customer.bound(words)
    customer.says(words.book, "15:00" if words is ZH else "3 pm")
    customer.presses(words.confirm, "15:00" if words is ZH else "3 pm")
    customer.presses(words.move_label, "改到什么时候" if words is ZH else "move to when")
    customer.says(words.later, "14:00" if words is ZH else "2 pm")
    customer.presses(words.confirm, words.moved)
    assert customer.appointment().start_at.hour == 6
    customer.presses(words.cancel_label, words.over)
    assert customer.appointment().state == "cancelled"


@both
def test_hours_and_another_language(customer: Customer, words: Words) -> None:
    customer.bound(words)
    customer.says(words.hours, words.open)
    customer.says(words.switch, words.switched)
    other = EN if words is ZH else ZH
    customer.says(other.hours, other.open)


@both
def test_somebody_nobody_knows_leaves_a_number_and_is_looked_after(customer: Customer, words: Words) -> None:
    """What he wants goes along; it opens nobody's record, whosever number he typed."""
    customer_of(customer.core, "rep1", "安安", PHONE)
    if words is EN:
        customer.says("please speak English", "English from now on")
    customer.says(words.book, words.leave)
    customer.says(words.number, words.thanks)
    customer.says(words.cancel, words.asked)
    with customer.core.database.read() as session:
        assert session.execute(select(Appointment)).first() is None
        tasks = session.execute(select(Task).where(Task.kind == "question")).scalars().all()  # type: ignore[arg-type]
    assert len(tasks) == 1
