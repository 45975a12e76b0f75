"""Updates over Telegram's webhook: how soon they are acknowledged, how many are answered a second; spoilt calls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks import options
from benchmarks.places import TENANT, Place, dealer, found_group, places
from benchmarks.report import APP
from benchmarks.server import free_port, started
from benchmarks.timing import Series, Timed
from benchmarks.webhook_people import FIRST_CHAT, SECRET, People, Platform, Told
from benchmarks.webhook_wecom import Spoilt, spoil
from crm_core.api import Core
from crm_core.chat.messages import BindAccount
from crm_core.customers.messages import AddCustomer

DEALERS, REPS = 4, 8
ECHO = "echo"
BOTS = {APP: "7000000001:a-token-for-benchmarks", ECHO: "7000000002:another-token-for-benchmarks"}
CUSTOMER = "王伟芳"
# Connections over which spoilt bodies come.
SENDERS = 4
# The threads of clients and platform share a processor; a turn of each is kept short, so that what is timed is ours.
SWITCH_SECONDS = 0.0005


def main(argv: list[str]) -> dict[str, Any]:
    """Run it. See `--help` for the options."""
    parser = options.parser("webhook", __doc__ or "", items=480, rounds=3)
    parser.add_argument("--people", type=options.numbers, default=(1, 8, 32), metavar="N,N",
                        help="how many chats at once; at most 32 (1,8,32)")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=15.0, help="how long at half the capacity (15)")
    parser.add_argument("--spoilt", type=int, default=10_000, help="how many spoilt bodies of each kind (10000)")
    parser.add_argument("--no-turns", action="store_true", help="spoilt bodies only")
    chosen = parser.parse_args(argv)
    if not chosen.people or max(chosen.people) > DEALERS * REPS:
        parser.error(f"--people: 1 to {DEALERS * REPS} each")
    results: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with places(options.databases(chosen), skipped) as found:
            for place in found:
                if not chosen.no_turns:
                    results += _measured(place, chosen.items, chosen.rounds, chosen.people, chosen.seconds)
                results += _spoilt(place, max(chosen.spoilt, SENDERS))
    finally:
        sys.setswitchinterval(usual)
    return {"results": results, "skipped": skipped}


def _measured(
    place: Place, items: int, rounds: int, people: tuple[int, ...], seconds: float
) -> list[dict[str, Any]]:
    with _both(place) as sides:
        for side in sides.values():
            side.talk(2 * max(people), max(people))
        results = [_together(place.name, sides, items, rounds, number) for number in people]
        capacity, most = results[-1]["per_second"], people[-1]
        poured = {name: side.pour(max(items // rounds, most), most) for name, side in sides.items()}
        results.append(_line(place.name, "posted at once", most, poured[APP], poured[ECHO]))
        half = sides[APP].drip(capacity / 2, seconds, most)
        results.append(_line(place.name, "half the capacity", most, half))
        sides[APP].thrice()
    return results


def _spoilt(place: Place, items: int) -> list[dict[str, Any]]:
    """Of every platform; `stall_ms` is the longest that somebody else's request took meanwhile."""
    with _both(place) as sides:
        told, others = sides[APP].spoil(items, SENDERS)
    found = [Spoilt("Telegram webhook", told, others), *spoil(place, items, SENDERS)]
    return [_line(place.name, f"spoilt: {one.name}", SENDERS, one.told) | _meanwhile(one.others) for one in found]


def _meanwhile(others: list[float]) -> dict[str, float]:
    quantile = Timed(each_ms=others).quantile
    return {"others_p99_ms": round(quantile(0.99), 1), "stall_ms": round(quantile(1.0), 1)}


def _together(database: str, sides: dict[str, People], items: int, rounds: int, people: int) -> dict[str, Any]:
    """The same conversation with both, in turn; the ratio is the median over the rounds."""
    told = [{name: side.talk(max(items // rounds, people), people) for name, side in sides.items()}
            for _ in range(rounds)]  # fmt: skip
    series = Series([{name: one.turns for name, one in found.items()} for found in told])
    acks = Series([{name: one.acks for name, one in found.items()} for found in told])
    whole = {name: Told(series.total(name), acks.total(name)) for name in sides}
    line = _line(database, "turn", people, whole[APP], whole[ECHO])
    return line | {"ratio": {ECHO: round(series.ratio(APP, ECHO), 3)}}


def _line(database: str, item: str, people: int, told: Told, echo: Told | None = None) -> dict[str, Any]:
    """Figures of a run: `per_second` are updates answered, `acked_per_second` acknowledged where nobody waits."""
    line: dict[str, Any] = {"database": database, "item": item, "people": people, "items": told.turns.items,
                            **_figures(told)}  # fmt: skip
    if echo is not None:
        floor = _figures(echo)
        line |= {"floors": {ECHO: floor}, "ratio": {ECHO: round(line["per_second"] / floor["per_second"], 3)}}
    return line


def _figures(told: Told) -> dict[str, float]:
    acks, turns = told.acks, told.turns
    found = {"per_second": round(turns.per_second, 1), "cpu_ms": round(turns.cpu_ms, 2)}
    if acks.seconds:
        found["acked_per_second"] = round(acks.per_second, 1)
    return found | _quantiles("", turns) | _quantiles("ack_", acks)


def _quantiles(name: str, timed: Timed) -> dict[str, float]:
    if not timed.each_ms:
        return {}
    return {f"{name}p{share}_ms": round(timed.quantile(share / 100), 2) for share in (50, 99)}


@contextmanager
def _both(place: Place) -> Iterator[dict[str, People]]:
    """The house and the echo, each a process of its own, on one platform."""
    with ExitStack() as stack:
        platform = Platform(*BOTS.values())
        stack.enter_context(platform)
        url = place.fresh()
        settle(place.open(url))
        found = {}
        for name, program, said in ((APP, "house", _note), (ECHO, "echo", _words)):
            directory = place.directory / f"{program}-{url.rpartition('/')[2]}"
            directory.mkdir()
            port, token = free_port(), BOTS[name]
            server = stack.enter_context(started(
                ["-m", "benchmarks.webhook_servers", program], directory, url, port, PUBLIC_URL=f"http://127.0.0.1:{port}",
                TELEGRAM_API_BASE=platform.url, TELEGRAM_BOT_TOKEN=token, TELEGRAM_MODE="webhook",
                TELEGRAM_WEBHOOK_SECRET=SECRET,
            ))  # fmt: skip
            found[name] = People(platform, int(token.partition(":")[0]), server, said)
        bot = platform.bots[BOTS[APP]]
        platform.until(lambda: bot.webhook.get("url"), 60, "the webhook's registration")
        yield found


def settle(core: Core) -> None:
    """Reps with an account in Telegram and a customer each."""
    found_group(core, dealers=DEALERS, reps=REPS)
    system, bot = core.system(TENANT), BOTS[APP].partition(":")[0]
    for number in range(DEALERS * REPS):
        at, place = divmod(number, REPS)
        rep, chat = core.actor(f"rep{at}-{place}", TENANT), FIRST_CHAT + number
        core.execute(BindAccount(person_id=rep.id, channel="telegram", account=bot, native_id=str(chat),
                                 chat=f"telegram:{bot}:{chat}"), system)  # fmt: skip
        core.execute(AddCustomer(name=CUSTOMER, phones=(f"139{number:08d}",), owner_id=rep.id,
                                 unit=f"{dealer(at)}a."), system)  # fmt: skip


def _note(place: int, number: int) -> str:
    return f"给{CUSTOMER}记一下:喜欢白色，第{number}次"


def _words(place: int, number: int) -> str:
    return f"喜欢白色，第{number}次"
