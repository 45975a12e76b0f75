"""Worker processes to kill: the real core, engine, deliverer and sender, over channels to the fake platforms.

This program has everything imported and forks a worker for each line of JSON on its standard input, so that one
is at work within a few hundredths of a second. When its input ends, its workers end with it.

    python -m benchmarks.faults.worker
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks.faults.channels import TelegramLike, WecomLike
from benchmarks.faults.clocks import SharedClock
from benchmarks.faults.field import KEY
from benchmarks.faults.load import Said, receive
from benchmarks.faults.processes import Process
from bot.delivery.local import Deliverer
from bot.delivery.sender import Sender
from bot.logs import configure_logs
from bot.ports import Channel
from bot.texts import Texts
from crm_core import api
from crm_core.api import Core
from crm_core.kernel import points
from crm_core.kernel.policies import Policies
from crm_core.kernel.settings import Settings
from schedulers.engine import Engine

DELIVERED = 3


@dataclass(frozen=True)
class Job:
    """What a worker is to be. `die_at` and `freeze_at` name a point and which of its passings (1 is the first);
    `gate` is a file it waits for before it works; `skew` are seconds its clock is ahead, or it is
    `stopped`. With `says` it is a door
    too: each of these callbacks comes three times before it works."""

    name: str
    url: str
    directory: str
    log: str
    port: int
    clock: dict[str, Any]
    accounts: tuple[str, ...]
    die_at: tuple[str, int] | None = None
    freeze_at: tuple[str, int] | None = None
    gate: str = ""
    skew: float = 0.0
    timeout: float = 1.0
    turns: bool = False
    limits: bool = False
    stopped: bool = False
    says: tuple[dict[str, str], ...] = ()

    @property
    def wall_file(self) -> Path:
        """Seconds by which SIGUSR1 moves this process's wall clock."""
        return Path(self.directory) / f"{self.name}.wall"


def main() -> None:
    """Fork a worker for each line; print its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _warm()
    print("ready", flush=True)
    born: list[Process] = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(_job(json.loads(line)))
        born = [one for one in born if one.alive] + [Process(pid)]
        print(pid, flush=True)
    for one in born:
        one.signal(signal.SIGKILL)


def _job(values: dict[str, Any]) -> Job:
    """A job from JSON, whose lists are tuples."""
    plain: dict[str, Any] = {k: tuple(value) if isinstance(value, list) else value for k, value in values.items()}
    return Job(**plain)


def _warm() -> None:
    """Load what loads late, once for all."""
    import time_machine

    from bot.conversation.pipeline import Pipeline
    from crm_core.concepts import load_all
    from crm_core.kernel.phones import parse_phone
    from intents import understand

    load_all()
    rules = Policies(None)
    vars(api)["Policies"] = lambda _: rules
    Texts.load()
    parse_phone("13800138000")
    understand("提醒我明天9点给客户1回电话", role="rep", now=datetime.now(UTC))
    gc.freeze()
    assert Pipeline is not None
    assert time_machine is not None


def _child(job: Job) -> None:
    """Become a worker; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(job.log, "ab", buffering=0) as log, open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    code = 1
    try:
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
        work(job)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(3)


def work(job: Job) -> None:
    """Work until SIGTERM."""
    configure_logs()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    faulthandler.enable()
    faulthandler.register(signal.SIGQUIT)
    signal.signal(signal.SIGUSR1, lambda *_: _move_wall(job))
    settings = Settings(_env_file=None, data_dir=Path(job.directory) / "data", database_url=job.url,
                        secret_key=SecretStr(KEY), policies=None)  # type: ignore[call-arg]  # fmt: skip
    clock = SharedClock.of(job.clock)
    clock.offset += job.skew
    if job.stopped:
        clock = SharedClock.at(clock.now(), rate=0.0)
    core = Core.open(settings, clock)
    signal.signal(signal.SIGUSR2, lambda *_: _freeze(core))
    _set_traps(job, core)
    hands = _hands(core, job)
    print("ready", flush=True)
    while job.gate and not Path(job.gate).exists() and not stop.is_set():
        time.sleep(0.005)
    for one in job.says * DELIVERED:
        receive(core, Said(**one))
    print("taken in", flush=True)
    for hand in hands:
        hand.start()
    if job.die_at:
        hands[0].audit()
    while not stop.wait(2):
        hands[0].watch()
    for hand in hands:
        hand.stop()
    core.close()


def _hands(core: Core, job: Job) -> list[Any]:
    """Engine and sender, wired as a house wires them."""
    texts, name = Texts.load(), f"{job.name}:{os.getpid()}"
    deliverer = Deliverer(core, texts, name, lambda: None)
    channels = _channels(job)
    sender = Sender(core, texts, name, channels, lambda: None)

    def deliver() -> int:
        sender.knock()
        return deliverer.run()

    turns: Callable[[], int] = _turns(core, texts) if job.turns else lambda: 0
    engine = Engine(core, name, turns=turns, deliver=deliver, reindex=lambda: None, alone=False,
                    accounts=lambda: sender.accounts)  # fmt: skip
    return [engine, sender]


def _channels(job: Job) -> dict[str, Channel]:
    """One for each account."""
    kinds: dict[str, type[TelegramLike | WecomLike]] = {"telegram": TelegramLike, "wecom": WecomLike}
    base = f"http://127.0.0.1:{job.port}"
    return {account: kinds[account.partition(":")[0]](account, base, job.timeout, limits=job.limits)
            for account in job.accounts}  # fmt: skip


def _turns(core: Core, texts: Texts) -> Callable[[], int]:
    """The real pipeline for what people say."""
    from bot.conversation.brain import Rooms
    from bot.conversation.pipeline import Pipeline
    from bot.turns import TurnRunner

    return TurnRunner(core, Pipeline(core, texts, Rooms(core, None)), lambda: None).run


def _set_traps(job: Job, core: Core) -> None:
    """Die or freeze at a named point."""
    seen: Counter[str] = Counter()

    def watch(name: str) -> None:
        seen[name] += 1
        if (name, seen[name]) == job.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if (name, seen[name]) == job.freeze_at:
            _freeze(core)

    if job.die_at or job.freeze_at:
        points.watch(watch)


def _freeze(core: Core) -> None:
    """Stop where no thread is inside a write transaction: SQLite would stay locked for everybody until it ended."""
    with core.database._writer or nullcontext():
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.1)  # the other threads stop a moment later than this call returns


def _move_wall(job: Job) -> None:
    """Set this process's wall clock, as an administrator or a time server might."""
    import time_machine

    moved = datetime.now(UTC) + timedelta(seconds=float(job.wall_file.read_text()))
    time_machine.travel(moved, tick=True).start()


if __name__ == "__main__":
    main()
