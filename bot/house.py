"""One running process: the core, what works on it, and what serves it. Wiring, and start and stop."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import structlog

from bot.channels.webchat.hub import Hub
from bot.channels.webchat.talk import Door
from bot.conversation.brain import Rooms
from bot.conversation.pipeline import Pipeline
from bot.conversation.thinking import open_thinking
from bot.delivery import Deliverer, Sender
from bot.ports import Channel, Outbound
from bot.reception.lines import open_lines
from bot.reception.listening import Listeners
from bot.reception.post import Post
from bot.reception.reception import Reception
from bot.reception.transcriber import open_transcriber
from bot.settings import BotSettings, IntakeKey
from bot.texts import Texts
from bot.thinkers import Thinkers
from bot.turns import TurnRunner
from bot.web.leads import Intake
from bot.web.metrics import Metrics
from bot.web.sessions import Sessions
from crm_core import __version__
from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import NotFound
from crm_core.kernel.ids import short_ref
from crm_core.org.messages import MyDealer

ROLES = ("all", "web", "worker")
STALE = timedelta(minutes=5)


class Works(Protocol):
    """What works in a process; the due loops and the clock behind it are wired in by the command line."""

    findings: Any

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def arrived(self) -> None: ...
    def moved(self) -> None: ...
    def replan(self) -> None: ...
    def watch(self) -> bool: ...
    def alive(self) -> bool: ...


MakeWorks = Callable[..., Works]


class House:
    """A process with a role: `web` serves people, `worker` does what is due, `all` does both."""

    version = __version__

    def __init__(
        self, core: Core, settings: BotSettings, make_works: MakeWorks, *, role: str = "all",
        demo: dict[str, str] | None = None, channels: Mapping[str, Channel] | None = None,
    ) -> None:  # fmt: skip
        """`channels` are those that carry messages over networks, by account (`telegram:BOT`)."""
        self.core = core
        self.settings = settings
        self.role = role
        # The same after a restart, so that nobody misses the process it was before.
        self.name = f"{socket.gethostname()[:40]}:{settings.port}"
        # Its own, also where containers share a host's name: what it claimed is freed by nobody else.
        self._claimant = f"{self.name}:{secrets.token_hex(4)}"
        self.texts = Texts.load()
        self.metrics = Metrics()
        self.hub = Hub(core)
        self.sessions = Sessions(core)
        self.intake = Intake(core, _keys(core, settings, demo is not None))
        self._demo = demo
        self._brain = Rooms(core, core.settings.data_dir / "index" if self.works else None,
                            chroma_url=settings.chroma_url, embeddings=settings.embeddings)  # fmt: skip
        self.lines = open_lines(core, settings, Post(core, self.arrived))
        self._thinking = open_thinking(core, settings.model(), later=True, count=self.metrics.thought)
        pipeline = Pipeline(core, self.texts, self._brain, self._thinking, told=self._moved, heard=self.metrics.heard)
        reception = Reception(core, self.texts, pipeline, self.lines.lines, open_transcriber(settings))
        thinkers = Thinkers(self._thinking.close) if self._thinking else None
        self._turns = TurnRunner(core, reception, self._turn_done, self._sorry, thinkers=thinkers)
        self._listeners = Listeners(core, self._claimant, self.lines.hearing.listeners if self.works else ())
        self._deliverer = Deliverer(core, self.texts, self._claimant, self.hub.poke)
        self._sender = Sender(core, self.texts, self._claimant, {**self.lines.lines, **(channels or {})}, self.hub.poke)
        self._works = make_works(core, self.name, turns=self._turns.run, deliver=self._deliver,
                                 reindex=self._brain.refresh, role=role, version=self.version,
                                 heartbeat=settings.chexin_heartbeat_url,
                                 accounts=lambda: self._sender.accounts)  # fmt: skip
        self._stopping = asyncio.Event()
        self._draining = threading.Lock()
        self._drained = False
        self.door = Door(
            core, self.hub, self.arrived, self._works.replan, self._say, self._greet, demo is not None
        )

    @property
    def serves_web(self) -> bool:
        return self.role in ("all", "web")

    @property
    def works(self) -> bool:
        return self.role in ("all", "worker")

    # Life

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin serving and working, inside the running loop."""
        self.hub.start()
        if self.works:
            self._works.start()
            self._sender.start()
            self._listeners.start()
            threading.Thread(target=self._warm, name="warm", daemon=True).start()
        self._watchman = loop.create_task(self._watch())

    def _warm(self) -> None:
        """Load what loads late, so that the first message of the day need not wait for it."""
        from crm_core.kernel.phones import parse_phone
        from intents import understand

        parse_phone("13800138000")
        understand("你好", role="rep", now=self.core.now())
        if self._thinking is not None:
            self._thinking.warm()

    async def _watch(self) -> None:
        while not self._stopping.is_set():
            await asyncio.sleep(2)
            if self.works:
                self._works.watch()

    def drain(self) -> None:
        """Claim nothing more, finish what is under way, give back the rest. Called twice, the second waits.

        Begins at the first sign that this process is to end, while its connections are still being closed.
        """
        with self._draining:
            if self.works and not self._drained:
                # Side by side: a turn that takes long must not cut short what the sender has under way.
                sending = threading.Thread(target=_quietly, args=(self._sender.stop,), name="drain", daemon=True)
                sending.start()
                _quietly(self._works.stop)
                _quietly(self._turns.stop)
                sending.join()
            self._drained = True

    async def stop(self) -> None:
        """End cleanly; what was not finished stands in the database and goes on in another process or later."""
        self._stopping.set()
        self._watchman.cancel()
        await self.hub.stop()
        await self._listeners.stop()
        await self.lines.close()
        await asyncio.to_thread(self.drain)
        if self.works:
            await asyncio.to_thread(self._brain.close)

    # Work

    def arrived(self) -> None:
        """Somebody said something: look at once. In a `web` process the workers see it at their next tick."""
        if self.works:
            self._works.arrived()

    def _deliver(self) -> int:
        """What is due goes out: over networks by the sender, into threads kept here at once."""
        self._sender.knock()
        return self._deliverer.run()

    def _moved(self) -> None:
        """There is something to deliver before the turn it belongs to has ended."""
        self._works.moved()

    def _turn_done(self) -> None:
        """Its sender's next message may be waiting, and there are replies to deliver."""
        self.metrics.turns.inc()
        self._works.arrived()
        self._works.moved()

    def _sorry(self, person_id: str) -> dict[str, Any]:
        """What somebody hears whose message could not be worked off."""
        try:
            language = self.core.actor(person_id).language
        except NotFound:
            language = "zh"
        return Outbound(text=self.texts.say("sorry.crash", language, ref=short_ref("E"))).to_dict()

    def lead_taken(self) -> None:
        self.metrics.leads.inc()
        if self.works:
            self._works.moved()

    # Facts

    def _say(self, key: str, language: str, **params: Any) -> str:
        """A text for a frame; what an error does not know of its placeholders is left out."""
        return self.texts.try_say(key, language, params) or self.texts.say("error.unknown", language)

    def _greet(self, actor: Actor) -> dict[str, Any]:
        """What a page needs to know about the person in front of it."""
        dealer = self.core.ask(MyDealer(), actor)
        english = actor.language == "en" and dealer.name_en
        keys = self.texts.keys(f"suggest.{actor.role}.")
        return {
            "id": actor.id, "name": actor.name, "role": actor.role, "lang": actor.language, "zone": actor.zone,
            "demo": self._demo is not None, "now": self.core.now().isoformat(),
            "dealer": dealer.name_en if english else dealer.name,
            "read": self.core.chats.read_up_to(self.core.chats.web_chat(actor.id)),
            "people": self.people(), "suggestions": [self.texts.say(k, actor.language) for k in keys], "token": None,
        }  # fmt: skip

    def people(self) -> list[dict[str, str]] | None:
        """The demo's people with their sign-in links."""
        if self._demo is None:
            return None
        found = []
        for code, token in self._demo.items():
            person = self.core.actor(code)
            found.append({"name": person.name, "role": person.role, "url": f"/sign-in?token={token}"})
        return found

    def health(self) -> dict[str, Any]:
        """What `/health` says: the database answers, and (where work is done) nothing is long overdue."""
        found: dict[str, Any] = {"status": "ok", "role": self.role, "version": self.version}
        try:
            self.core.overdue(self.core.now() - STALE)
        except Exception as error:
            structlog.get_logger().error("health_failed", error=type(error).__name__)
            return found | {"status": "database unavailable"}
        if self.works:
            if not (self._works.alive() and self._sender.alive()):
                found["status"] = "work stands still"
            late = self._works.findings
            found["overdue"] = {"timers": late.timers, "messages": late.messages, "arrivals": late.arrivals,
                                "dead": late.dead}  # fmt: skip
        return found | {"troubles": self._troubles()}

    def _troubles(self) -> list[dict[str, Any]]:
        """What the last audit found, by name; a process that only serves the web tells who does not work."""
        if self.works:
            found = self._works.findings.troubles
            return [one.model_dump(mode="json", exclude_defaults=True) for one in found]
        now = self.core.now()
        workers = self.core.workers.all(now)
        silent = [{"kind": f"worker_{one.state}", "what": one.id} for one in workers if one.state != "ok"]
        return silent if workers else [{"kind": "no_worker"}]

    def metrics_text(self) -> bytes:
        self.metrics.connections.set(self.hub.count)
        return self.metrics.text(self.core.overdue(self.core.now() - STALE))


def _quietly(step: Callable[[], None]) -> None:
    """One step of the end; a database that is gone must not keep the rest from ending."""
    try:
        step()
    except Exception as error:
        structlog.get_logger().error("drain_failed", error=type(error).__name__, exc_info=error)


def _keys(core: Core, settings: BotSettings, demo: bool) -> list[IntakeKey]:
    """The intake keys; the demo's own only in the demo."""
    keys = settings.intake_keys()
    if demo:
        keys.append(IntakeKey("demo", f"{core.tenants()[0]}.", "demo"))
    return keys
