"""A whole house in this process: a small dealership, its web application on a loopback port, its due loops."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import uvicorn

from bot.house import House
from bot.settings import BotSettings
from bot.web.app import make_app
from crm_core.api import Core
from crm_core.chat.messages import InvitePerson
from crm_core.org.messages import AddPerson, AddUnit
from schedulers.engine import Engine
from tests.support.page import Page
from tests.support.server import free_port

GROUP, DEALER = "starway.", "starway.east.sh."
KEY = "an-intake-key-for-tests"
STAFF = (
    ("rep1", "陈晓明", "rep", "zh", ("新能源",)),
    ("rep2", "林佳", "rep", "zh", ("豪华",)),
    ("rep3", "Daniel Wu", "rep", "en", ()),
    ("manager1", "赵国强", "manager", "zh", ()),
    ("tech1", "孙建军", "tech", "zh", ()),
    ("admin1", "周敏", "admin", "zh", ()),
)


def settle_group(core: Core) -> None:
    """One dealer with three reps, a manager, a technician and an admin."""
    system = core.system("starway")
    units = ((GROUP, "星驰汽车集团"), ("starway.east.", "华东大区"), (DEALER, "星驰浦东店"), (f"{DEALER}sales.", "销售组"))
    for path, name in units:
        core.execute(AddUnit(path=path, name=name, name_en="Starway Pudong", city="上海"), system)
    for code, name, role, language, expertise in STAFF:
        unit = f"{DEALER}sales." if role == "rep" else DEALER
        core.execute(AddPerson(code=code, name=name, role=role, unit=unit, language=language,
                               expertise=expertise), system)  # fmt: skip


class Site:
    """What a test sees of a served house."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.core = house.core
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=20)

    def cookie(self, code: str) -> str:
        """A session cookie, as the header says it."""
        actor = self.core.actor(code)
        return f"chexin_session={self.house.sessions.for_person(actor.tenant, actor.id)}"

    def page(self, code: str, **hello: Any) -> Page:
        """A person's page, connected; close it when done."""
        return Page(self.url, self.cookie(code), **hello)

    def widget(self, **hello: Any) -> Page:
        """A visitor's frame."""
        return Page(self.url, None, path="/widget/ws", **hello)

    def invitation(self, code: str, *, reusable: bool = False) -> str:
        """A sign-in token."""
        command = InvitePerson(person=code, channel="web", reusable=reusable)
        token: str = self.core.execute(command, self.core.system("starway")).view.token
        return token

    def lead(self, body: Any, *, key: str = KEY, once: str = "") -> httpx.Response:
        """`POST /api/leads`."""
        headers = {"Authorization": f"Bearer {key}"} | ({"Idempotency-Key": once} if once else {})
        return self.http.post("/api/leads", json=body, headers=headers)


def bot_settings(**values: Any) -> BotSettings:
    """Settings that look at nothing but their arguments, with one intake key."""
    given = {"chexin_api_keys": f"{KEY}:{GROUP}:官网"} | values
    return BotSettings(_env_file=None, **given)  # type: ignore[call-arg]


@contextlib.contextmanager
def served(
    core: Core, *, demo: bool = False, role: str = "all", settings: BotSettings | None = None, port: int = 0
) -> Iterator[Site]:
    """Serve the house over `core` until the end of the block, on `port` or one of its own."""
    port = port or free_port()
    tokens = {code: f"link-{code}" for code, *_ in STAFF} if demo else None
    house = House(core, settings or bot_settings(port=port), Engine, role=role, demo=tokens)
    server = uvicorn.Server(
        uvicorn.Config(make_app(house), host="127.0.0.1", port=port, log_config=None, access_log=False,
                       ws_max_size=512 * 1024, timeout_graceful_shutdown=2, server_header=False)
    )  # fmt: skip
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="site")
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the site did not start"
            assert time.monotonic() < until, "the site did not start in time"
            time.sleep(0.01)
        site = Site(house, port)
        yield site
        site.http.close()
    finally:
        server.should_exit = True
        thread.join(timeout=30)
