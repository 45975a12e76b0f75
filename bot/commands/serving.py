"""`serve`: one process of a deployment."""

from __future__ import annotations

import socket
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import structlog

from bot.commands.opening import DEMO_PEOPLE, open_core, read_shift
from bot.logs import configure_logs
from bot.settings import BotSettings
from crm_core.api import Core, check_settings
from crm_core.chat.messages import InvitePerson, InviteView
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.hold import DirectoryHold
from crm_core.kernel.settings import Settings

if TYPE_CHECKING:
    from bot.house import MakeWorks

LINK_HOURS = 24 * 30
# How long a thread that computes keeps the others waiting: with the usual 5 ms, several turns at once hold up
# what only has to be acknowledged.
SWITCH_SECONDS = 0.001


def serve(make_works: MakeWorks, role: str, demo: bool, clock: str) -> int:
    """Serve until stopped. Raises ConfigError, naming the setting, before anything is opened."""
    import uvicorn

    from bot.commands.runner import Runner
    from bot.house import ROLES, House
    from bot.web.app import make_app

    settings = BotSettings()
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logs(plain=settings.chexin_log_format == "plain")
    shift = read_shift(clock)
    _checked(settings, role, ROLES, demo, bool(shift))
    core_settings = Settings()
    hold: Any = DirectoryHold(core_settings.data_dir) if core_settings.is_sqlite else nullcontext()
    with hold:
        core = open_core(demo=demo)
        _move_clock(core, shift.total_seconds())
        house = House(core, settings, make_works, role=role, demo=_invite_all(core) if demo else None)
        if demo:
            _print_links(house, settings)
        config = uvicorn.Config(
            make_app(house), host=settings.host, port=settings.port, log_config=None, access_log=False,
            proxy_headers=bool(settings.trusted_proxies), forwarded_allow_ips=settings.trusted_proxies or None,
            ws_max_size=512 * 1024, timeout_graceful_shutdown=5, server_header=False,
        )  # fmt: skip
        server = Runner(config, house.drain)
        log = structlog.get_logger()
        log.info("serving", role=role, host=settings.host, port=settings.port, version=house.version)
        server.run()
        core.close()
        log.info("stopped", role=role)
    return 0 if server.started else 1


def _checked(settings: BotSettings, role: str, roles: tuple[str, ...], demo: bool, moved: bool) -> None:
    """Everything that must stop the start, told at once."""
    problems = settings.problems() + check_settings(Settings())
    if role not in roles:
        problems.append(f"--role: {role!r} is not one of {', '.join(roles)}")
    if role != "all" and Settings().is_sqlite:
        problems.append("CHEXIN_DATABASE_URL: several processes need PostgreSQL; SQLite serves one with --role all")
    if moved and not demo:
        problems.append("CLOCK: only the demo's clock can be moved")
    if not problems:
        problems += _port_problems(settings)
    if problems:
        for problem in problems:
            print(f"error: {problem}", file=sys.stderr)
        raise ConfigError(problems[0].split(":")[0], "the start was stopped; see above")


def _port_problems(settings: BotSettings) -> list[str]:
    """What keeps us from listening, found out before anything is opened."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return [f"PORT: cannot listen on {settings.host}:{settings.port}: {(error.strerror or str(error)).lower()}"]
    return []


def _move_clock(core: Core, seconds: float) -> None:
    if seconds and isinstance(core.clock, SystemClock):
        from datetime import timedelta

        core.clock.offset += timedelta(seconds=seconds)
        core.leases.remember("demo_clock", str(core.clock.offset.total_seconds()), core.now())


def _invite_all(core: Core) -> dict[str, str]:
    """A sign-in token for each demo person, usable as often as one likes."""
    system = core.system(core.tenants()[0])
    tokens = {}
    for code in DEMO_PEOPLE:
        command = InvitePerson(person=code, channel="web", hours=LINK_HOURS, reusable=True)
        view: InviteView = core.execute(command, system).view
        tokens[code] = view.token
    return tokens


def _print_links(house: Any, settings: BotSettings) -> None:
    print("\nThe demo dealership is open. Sign in as (one browser profile each):")
    for code, person in zip(DEMO_PEOPLE, house.people(), strict=True):
        print(f"  {code:<10} {person['name']:<12} {settings.origin}{person['url']}")
    print(f"\nLeads: POST {settings.origin}/api/leads   Authorization: Bearer demo   docs: {settings.origin}/api/docs\n")
    sys.stdout.flush()
