"""A misspelt name among many customers: how often the right one comes first, and what the look-up takes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import select

from benchmarks.places import TENANT, places
from benchmarks.population import populate
from crm_core.api import Core
from crm_core.customers.messages import FindCustomers
from crm_core.customers.rules import pinyin_of
from crm_core.customers.tables import Customer
from crm_core.kernel.access import Actor

ASKERS = {"manager": "boss", "rep": "rep0-0"}
WARM_UP = 20
Spoil = Callable[[str, random.Random], str]


@dataclass(frozen=True)
class Tried:
    """One misspelt name: whether the right name came first, and the seconds it took."""

    first: bool
    shown: bool
    wall: float
    cpu: float


# Given names by how often they are met: one or two of these characters, the commonest first.
_FIRST = (
    "建志文国明晓海永春玉俊小子家思雨浩佳梓宇天立金秀红德荣成光庆振少东世兴树学嘉欣诗一泽宏新江艳丽桂凤美"
    "淑雪慧秋月云"
)
_LAST = (
    "华平明军国强伟林生英兰芳玲珍梅霞燕萍红丽娟琴敏静涛斌辉波杰鹏超磊勇刚峰飞龙洋宁涵轩然豪琪怡婷雯萱彤晨"
    "辰阳凯东民荣才山福贵祥根清海"
)
_FAMILIES = (
    "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)


def main(customers: int, items: int, databases: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """One line for each database, asker and kind of misspelling; and the databases that are not there."""
    skipped: list[dict[str, str]] = []
    found = []
    with places(databases, skipped) as there:
        for place in there:
            core = place.open()
            populate(core, customers, _name)
            for asker, code in ASKERS.items():
                found += list(_lines(core, core.actor(code, TENANT), place.name, asker, customers, items))
    return found, skipped


def _lines(
    core: Core, actor: Actor, database: str, asker: str, customers: int, items: int
) -> Iterator[dict[str, Any]]:
    known = _names(core, actor)
    for kind, spoil in KINDS.items():
        chance = random.Random(kind)
        asked = [(name, spoil(name, chance)) for name in chance.choices(known, k=items + WARM_UP)]
        tried = [_try(core, actor, name, said) for name, said in asked][WARM_UP:]
        yield {"database": database, "asker": asker, "item": kind, "customers": customers, **_summary(tried)}


def _summary(tried: list[Tried]) -> dict[str, Any]:
    wall, cpu = sorted(t.wall for t in tried), sorted(t.cpu for t in tried)
    at95 = int(len(tried) * 0.95)
    return {
        "items": len(tried),
        "first": round(sum(t.first for t in tried) / len(tried), 3),
        "of_three": round(sum(t.shown for t in tried) / len(tried), 3),
        "p50_ms": round(wall[len(wall) // 2] * 1000, 2), "p95_ms": round(wall[at95] * 1000, 2),
        "cpu_p95_ms": round(cpu[at95] * 1000, 2),
    }  # fmt: skip


def _zipf(chars: str) -> list[float]:
    return [1 / (rank + 12) for rank in range(len(chars))]


def _name(chance: random.Random) -> str:
    """A common name: about a quarter of 50,000 share theirs with somebody."""
    family = chance.choices(_FAMILIES, _zipf(_FAMILIES))[0]
    last = chance.choices(_LAST, _zipf(_LAST))[0]
    return family + last if chance.random() < 0.15 else family + chance.choices(_FIRST, _zipf(_FIRST))[0] + last


def _names(core: Core, actor: Actor) -> list[str]:
    """The names of all customers the asker may see: a name that many have is asked for as often."""
    with core.database.read() as session:
        reader = core.reader(session, actor)
        table: Any = Customer
        return sorted(session.execute(select(table.name).where(reader.clause(Customer, "customer"))).scalars())


def _try(core: Core, actor: Actor, name: str, said: str) -> Tried:
    wall, cpu = time.perf_counter(), time.thread_time()
    lines = core.ask(FindCustomers(words=said), actor)
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    shown = list(dict.fromkeys(line.name for line in lines))[:3]
    return Tried(shown[:1] == [name], name in shown, wall, cpu)


@cache
def _sounding() -> dict[str, list[str]]:
    """The 3,755 commonest characters (the first level of GB 2312) by their sound."""
    found: dict[str, list[str]] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            char = bytes((row, cell)).decode("gb2312", errors="ignore")
            if char:
                found.setdefault(pinyin_of(char)[0], []).append(char)
    return found


def _homophone(name: str, chance: random.Random) -> str:
    """One character, never the surname, by another of its sound; where there is none, the next."""
    for at in chance.sample(range(1, len(name)), len(name) - 1):
        others = [char for char in _sounding().get(pinyin_of(name[at])[0], ()) if char != name[at]]
        if others:
            return name[:at] + chance.choice(others) + name[at + 1 :]
    return name


def _pinyin(name: str, chance: random.Random) -> str:
    parts = [pinyin_of(char)[0] for char in name]
    joined = "".join(parts[1:])
    return chance.choice(("".join(parts), " ".join(parts), f"{parts[0]} {joined}", f"{parts[0].title()} {joined.title()}"))


def _typo(name: str, chance: random.Random) -> str:
    """One slip: in the letters of the pinyin, or a character of nearly its sound, one missing or one typed twice."""
    if chance.random() < 0.5:
        return _slip("".join(pinyin_of(char)[0] for char in name), chance)
    at = chance.randrange(1, len(name))
    near = [sound for sound in _sounding() if OSA.distance(sound, pinyin_of(name[at])[0]) == 1]
    wrong = chance.choice(_sounding()[chance.choice(sorted(near))])
    changed = [name[:at] + wrong + name[at + 1 :], name[: at + 1] + name[at:]]
    return chance.choice([*changed, name[:at] + name[at + 1 :]] if len(name) > 2 else changed)


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice((
        word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ))  # fmt: skip


KINDS: dict[str, Spoil] = {
    "as written": lambda name, _: name, "homophone": _homophone, "pinyin": _pinyin, "typo": _typo,
}  # fmt: skip
