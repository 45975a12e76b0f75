"""Opening a deployment for a command: settings, clock, database, and the demo dealership where it is wanted."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import intents
from crm_core.api import Core
from crm_core.kernel.clock import Clock, FixedClock, SystemClock
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.settings import Settings

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "dealership"
DEMO_PEOPLE = ("rep1", "rep2", "manager1", "customer1", "tech1", "admin1")
_SHIFT = re.compile(r"\+?(\d+)\s*(s|m|min|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_shift(text: str) -> timedelta:
    """`+1h`, `90m`, `2d` as a span; empty is none. Raises ConfigError for anything else."""
    if not text.strip():
        return timedelta()
    found = _SHIFT.fullmatch(text.strip())
    if not found:
        raise ConfigError("CLOCK", f"{text!r} is no span such as +1h, +45m or +2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def open_core(*, now: datetime | None = None, demo: bool = False, quiet: bool = False) -> Core:
    """Open the deployment of the environment; with `demo`, an empty database gets the demo dealership."""
    settings = Settings()
    intents.configure(settings.data_dir / "cache", encoders={"use": _sentence_vectors})
    clock: Clock = FixedClock(now) if now is not None else SystemClock()
    core = Core.open(_with_demo_policies(settings) if demo or _is_demo(settings) else settings, clock)
    own_words(core)
    if demo and not core.tenants():
        load(core, quiet=quiet)
    if isinstance(clock, SystemClock):
        clock.offset = timedelta(seconds=float(core.leases.recall("demo_clock") or 0))
    return core


def own_words(core: Core) -> None:
    """The workshop's own words, where the policies name any."""
    from crm_core.knowledge.rules import LexiconPolicy

    own = core.policies.model("lexicon", LexiconPolicy)
    if own.concepts or own.confusable:
        from retrieval.lexicon import configure

        configure({name: words.model_dump() for name, words in own.concepts.items()}, own.confusable)


def _sentence_vectors(texts: Sequence[str]) -> Any:
    """The model the search has in memory: it serves the ranker, too."""
    from retrieval.models import use_vectors

    return use_vectors(texts)


def _is_demo(settings: Settings) -> bool:
    """Whether this directory's database was begun as the demo."""
    return (settings.data_dir / "demo").exists()


def _with_demo_policies(settings: Settings) -> Settings:
    """The demo dealership's own hours, unless other policies are named."""
    if settings.policies is None and (EXAMPLE / "policies").is_dir():
        return settings.model_copy(update={"policies": EXAMPLE / "policies"})
    return settings


def policy_settings() -> Settings:
    """The settings with the policies this directory's deployment runs on."""
    settings = Settings()
    return _with_demo_policies(settings) if _is_demo(settings) else settings


def load(core: Core, *, quiet: bool = False) -> None:
    """Load the demo dealership and its knowledge; says so on standard error."""
    from bot.commands.learning import learn_paths
    from crm_core.imports.demo import load_demo

    if not quiet:
        print("loading the demo dealership (invented people and cars) ...", file=sys.stderr)
    load_demo(core, EXAMPLE, core.now())
    tenant = core.tenants()[0]
    learn_paths(core, core.system(tenant), [EXAMPLE / "knowledge"], "staff")
    core.settings.data_dir.mkdir(parents=True, exist_ok=True)
    (core.settings.data_dir / "demo").touch()


def has_database(settings: Settings) -> bool:
    """Whether there is anything to open yet."""
    if settings.is_sqlite:
        path = settings.url.removeprefix("sqlite:///")
        return Path(path).exists()
    from crm_core.kernel.migrate import current

    return current(settings.url) is not None
