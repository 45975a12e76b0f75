"""The story of one customer as steps, what must be true in the end, and what was told to whom."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crm_core.kernel.ids import new_id
from tests.support.page import Page, text_of
from tests.support.server import Server

NAME, PHONE = "沈雨桐", "13900139777"
LEAD = {"name": NAME, "phone": PHONE, "vehicle": "ES6", "source": "官网", "city": "上海", "message": "周六下午想试驾"}


@dataclass
class Cast:
    """Rep and manager, whose pages connect anew whenever the server was killed."""

    server: Server
    cookies: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, code: str) -> Page:
        if code not in self.pages:
            if code not in self.cookies:
                self.cookies[code] = self.server.cookie(code)
            self.pages[code] = Page(self.server.url, self.cookies[code])
        return self.pages[code]

    def drop(self) -> None:
        """The connections are gone; the cookies are still good."""
        for page in self.pages.values():
            page.close()
        self.pages.clear()

    def sees(self, code: str, words: str, patience: float = 20.0) -> Page:
        """Wait until something this person was told holds these words."""
        page = self.page(code)
        page.until(lambda: any(re.search(words, text_of(m)) for m in page.out()), patience, f"{words!r} at {code}")
        return page


Step = Callable[[Cast], Any]


def lead_arrives(cast: Cast) -> None:
    answer = cast.server.lead(key="kill-lead", **LEAD)
    assert answer.status_code in (200, 201)


def contacted(cast: Cast) -> None:
    page = cast.sees("rep1", rf"<lead>.*{NAME}.*\[已联系\]")
    page.press("已联系", kind="lead", message_id="press-contacted")


def outcome(cast: Cast) -> None:
    cast.sees("rep1", r"\[有意向\]").press("有意向", message_id="press-outcome")


def test_drive_said(cast: Cast) -> None:
    cast.page("rep1").say(f"{NAME}周六下午3点试驾ES6", message_id="say-drive")


def test_drive_confirmed(cast: Cast) -> None:
    cast.sees("rep1", r"约试驾.*\[确认\]").press("确认", message_id="press-drive")


def discount_said(cast: Cast) -> None:
    cast.page("rep1").say(f"给{NAME}申请优惠8000", message_id="say-discount")


def discount_confirmed(cast: Cast) -> None:
    cast.sees("rep1", r"申请优惠8,000元？.*\[确认\]").press("确认", message_id="press-discount")


def manager_answers(cast: Cast) -> None:
    cast.sees("manager1", rf"<approval>.*{NAME}")
    cast.page("manager1").say("同意,但最多让5000", message_id="say-counter")


def rep_applies(cast: Cast) -> None:
    cast.sees("rep1", r"\[应用5,000元\]").press("应用5,000元", message_id="press-apply")


STEPS: tuple[Step, ...] = (
    lead_arrives, contacted, outcome, test_drive_said, test_drive_confirmed, discount_said, discount_confirmed,
    manager_answers, rep_applies,
)  # fmt: skip


def ending(cast: Cast) -> dict[str, Counter[str]]:
    """What rep and manager were told about the customer, without what differs from run to run."""
    cast.sees("rep1", r"(已应用|已生效)")
    told = {}
    for code in ("rep1", "manager1"):
        cast.page(code).settle(1.5)
        told[code] = Counter(_plain(text_of(m)) for m in cast.page(code).out() if NAME in text_of(m))
    return told


def _plain(text: str) -> str:
    """Without references and times."""
    text = re.sub(r"\b[A-Z]-[A-Z0-9]{5}\b", "REF", text)
    return re.sub(r"(今天|明天|昨天|周.|\d+月\d+日(\(周.\))?)? ?\d{1,2}:\d{2}", "TIME", text)


def facts(cast: Cast) -> dict[str, int]:
    """Rows that must be there exactly once, whatever was killed in between."""
    from sqlalchemy import func, select

    from crm_core.appointments.tables import Appointment
    from crm_core.approvals.tables import Approval
    from crm_core.customers.tables import Customer
    from crm_core.kernel.tables import Inbox, Outbox, Timer
    from crm_core.leads.tables import Lead, Touch

    core = cast.server.core()
    try:
        with core.database.read() as session:

            def count(*where: Any) -> int:
                return int(session.execute(select(func.count()).where(*where)).scalar() or 0)

            mine = session.execute(select(Customer.id).where(Customer.name == NAME)).scalars().all()
            own = mine[0] if mine else ""
            return {
                "customers": len(mine),
                "leads": count(Lead.customer_id == own),
                "touches": count(Touch.customer_id == own),
                "appointments": count(Appointment.customer_id == own),
                "approvals": count(Approval.customer_id == own),
                "arrivals waiting": count(Inbox.state.in_((0, 1))),
                "messages waiting": count(Outbox.state.in_((0, 1)), Outbox.due_at <= core.now()),
                "messages dead": count(Outbox.state.in_((3, 4))),
                "timers overdue": count(Timer.state == 0, Timer.due_at <= core.now()),
            }
    finally:
        core.close()


def expected() -> dict[str, int]:
    return {
        "customers": 1, "leads": 1, "touches": 1, "appointments": 1, "approvals": 1, "arrivals waiting": 0,
        "messages waiting": 0, "messages dead": 0, "timers overdue": 0,
    }  # fmt: skip


def resend(cast: Cast, code: str, frame: dict[str, Any]) -> None:
    """Send a frame and do not wait: what a page does whose connection breaks at once."""
    cast.page(code).send({"id": new_id(), **frame})
    time.sleep(0.01)
