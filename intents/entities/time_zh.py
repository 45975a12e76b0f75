"""Chinese time words to atoms: which words are read by which reader."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache

from . import time_zh_read as read
from .atoms import Atom, Day, Reader, mark, scan
from .numbers import small
from .time_zh_words import D1, FLOATING, HOLIDAYS, LUNAR_DAY, M1, PART, REL_DAYS, UNIT, WD, WEEK, Y1, N

_UNIT = UNIT
_YEAR = rf"(?:(?P<y>{Y1})\s?年?|(?P<ry>今|明|去|后|前|大前|本)年)"
_NAMES = "|".join(sorted([*HOLIDAYS, *FLOATING, "清明节", "清明"], key=len, reverse=True))
_SHIFT = r"(?:上上|下下|上一|下一|这一|(?<!一)上|(?<!一)下|这|本|今|当)"

RULES: list[tuple[str, Reader]] = [
    (
        (
            r"(?P<y>(?:19|20)\d\d)\s?[-/.]\s?(?P<m>1[0-2]|0?[1-9])\s?[-/.]\s?(?P<d>3[01]"
            r"|[12]\d|0?[1-9])(?![\d])"
        ),
        read.full_date,
    ),
    (
        (
            rf"(?:{_YEAR}的?\s?)?(?P<lunar>农历|阴历|旧历)(?:的)?\s?(?:(?P<y2>{Y1})年)?(?P<m>{M1})"
            rf"月?(?:的)?(?P<d>{LUNAR_DAY}|{D1})(?:[日号])?"
        ),
        read.full_date,
    ),
    (rf"(?:{_YEAR}的?[\s,]?)(?P<m>{M1})\s?月份?的?\s?(?P<d>{D1})\s?[日号]?", read.full_date),
    (rf"(?P<m>{M1})\s?月份?的?\s?(?P<d>{D1})\s?[日号]?(?![\d万千百个])", read.full_date),
    (rf"(?P<rm>上上|下下|上|下|这|本|当){{1}}个?月的?(?P<d>{D1})[日号]?(?!个|[\d天]|[月年])", read.full_date),
    (
        (
            rf"(?:{_YEAR}的?)?(?P<name>{_NAMES})(?P<rest>假期|放假|长假|小长假|期间|假)"
            rf"?(?:的)?(?P<off>前一天|前夕|后一天|第二天)?(?:当天|那天|这天)?"
        ),
        read.named_holiday,
    ),
    (
        (
            rf"(?<![\d./-])(?P<m>1[0-2]|0?[1-9])[./](?P<d>3[01]|[12]\d|0?[1-9])(?:[日号]"
            rf"|(?=\s?(?:{PART}|\d{{1,2}}[点:])))(?![\d])"
        ),
        read.full_date,
    ),
    (r"(?<![\d./:-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/万])", read.full_date),
    (rf"(?P<s>{_SHIFT})?{WEEK}(?P<wd>{WD})(?!个|[年月])", read.weekday),
    (
        r"(?P<d>大年初[一二三四五六七八九十]|初[一二三四五六七八九十])",
        lambda m, now: ("D", Day(month=1, day=small(m["d"][-1]), lunar=True)),
    ),
    (rf"(?<![\d.月])(?P<d>{D1})\s?[日号](?![线店楼院车门口机])", read.full_date),
    ("|".join(sorted((k for k in REL_DAYS if len(k) > 1), key=len, reverse=True)), read.rel_day),
    (rf"[今明昨](?=\s?(?:{PART}|[早晚夜]))", read.rel_day),
    (rf"(?:再过|过)(?P<n>半|{N})(?P<half>个半)?(?P<u>{_UNIT})(?P<side>)", read.distance),
    (
        (
            rf"(?P<n>半|{N})(?P<half>个半)?(?P<u>{_UNIT})零?(?:(?P<n2>半|{N})(?P<u2>{_UNIT})"
            rf")?(?P<side>之后|以后|过后|后|之前|以前|前)(?!面)"
        ),
        read.distance,
    ),
    (
        (
            rf"(?P<side>接下来的?|未来的?|今后的?|往后|近|最近|过去的?|前面?|之前|上|下)"
            rf"(?:这)?(?P<n>几|(?<![上下前])半|{N})(?P<u>{_UNIT})(?:以?来|里|内|间|之内|"
            rf"以内)?"
        ),
        read.stretch,
    ),
    (rf"(?P<n>半|{N})(?P<u>{_UNIT})(?:之内|以内|内)", read.within),
    (rf"(?P<year>{Y1}(?=年)|今|明|去|后|本|前)?年?(?<=年)?(?P<edge>年底|年末|年终|年初|年中)", read.edge),
    (r"(?P<year>今|明|去|后|前)(?P<edge>年底|年末|年终|年初|年中)", read.edge),
    (rf"(?:(?P<s>{_SHIFT})个?)?(?P<edge>月底|月末|月初|月中旬?|月上旬|月下旬|月头)", read.edge),
    (rf"(?P<m>{M1})(?P<edge>月底|月末|月初|月中旬|月中|月上旬|月下旬|月头|月份底)", read.edge),
    (rf"(?:(?P<y>{Y1})年|(?P<ry>今|明|去|后|本)年)?的?第?(?P<q>[一二三四1-4])季度", read.quarter),
    (rf"(?:(?P<y>{Y1})年|(?P<ry>今|明|去|后|本)年)?的?(?:(?P<half>[上下前后])个?半年)", read.half_year),
    (rf"{_YEAR}的?(?P<m>{M1})月份?", read.month),
    (rf"(?P<y>)(?P<ry>)(?<!\d)(?P<m>{M1})月(?:份(?!额)|(?!\d))(?!底|初|中旬|[天])", read.month),
    (rf"(?P<s>{_SHIFT})(?:个|一)?(?P<u>周|星期|礼拜|月份|月|季度)(?!末)", read.span_of_days),
    (r"(?P<s>大前|大后|前|去|今|本|明|后)(?P<u>年)", read.span_of_days),
    (rf"(?P<y>{Y1})年(?!代|款)", read.year),
    (r"(?<![\d.])(?P<y>(?:19|20)?\d\d)\s年(?!代|款)", read.year),
    (r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?=\s?[-到至~]\s?(?:19|20)\d\d\s?年)", read.year),
    (
        (
            r"(?<![\d.:])(?P<h>[01]?\d|2[0-4]|[一二两三四五六七八九十]{1,3})\s?点钟?(?P<half>半|"
            r"[一1三3]刻)"
        ),
        read.clock,
    ),
    (
        (
            rf"(?<![\d.:])(?P<h>[01]?\d|2[0-4]|[一二两三四五六七八九十]{{1,3}})\s?点差(?P<minus>一刻|"
            rf"{N}分?)"
        ),
        read.clock,
    ),
    (
        (
            r"(?<![\d.:])(?P<h>[01]?\d|2[0-4]|[一二两三四五六七八九十零]{1,3})\s?(?:点|"
            r"时(?!候|间))(?:钟|整)?(?:(?P<mi>过?(?:[0-5]?\d|[零一二三四五六七八九十]{1,"
            r"3}))分?(?:钟)?(?:(?P<sec>\d+|[零一二三四五六七八九十]+)秒)?)?(?![\d%公]|"
            r"[个]?百分|个点)"
        ),
        read.clock,
    ),
    (r"(?<![\d.:])(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d)(?::(?P<sec>[0-5]\d))?(?![\d:])", read.clock),
    (
        (
            r"(?<![\d.:])(?P<h>[01]?\d|2[0-4]|[一二两三四五六七八九十]{1,3})(?=\s?[-到至~]"
            r"\s?(?:[01]?\d|2[0-4]|[一二两三四五六七八九十]{1,3})\s?[点时](?!候|间))"
        ),
        read.clock,
    ),
    (rf"(?<![\d.:月/-])(?P<d>{D1})(?=\s?[-到至~]\s?{D1}\s?[日号])", read.full_date),
    (r"(?<=[到至~-])(?P<s>)(?P<wd>[一二三四五六日天])(?![个点月十天周号日])", read.weekday),
    (rf"(?P<y>)(?P<ry>)(?<!\d)(?P<m>{M1})(?=\s?[-到至~]\s?{M1}月(?!\s?\d))", read.month),
    (PART, read.part),
    (
        (
            rf"(?P<n>半|{N})(?P<half>个半)?(?P<u>{_UNIT})(?!级|款)(?P<more>(?:[零又余加]"
            rf"?(?:半|{N}){_UNIT})*)(?P<tail>半)?"
        ),
        read.length,
    ),
    (
        (
            rf"(?:再有|还有|还剩|剩下|接下来的?|之后的?|今后的?|往后|后)\s?(?P<n>半|{N})"
            rf"(?P<u>{_UNIT})(?P<side>后)?(?![后前]|之)"
        ),
        read.ahead,
    ),
    (r"上一?个?小时", lambda m, now: ("R", (now - timedelta(hours=1), now))),
    (r"今晨", lambda m, now: ("D", Day(fixed=now.date()))),
    (
        (
            rf"(?:(?P<y>{Y1})年|(?P<ry>今|明|去|后|本)年)?的?(?P<m>{M1})月份?的?(?:第(?P<nth>[一二三四五1-5]"
            rf")|(?P<last>最后一))个?(?:周|星期|礼拜)(?!末|[一二三四五六日天])"
        ),
        read.week_of_month,
    ),
    (
        (
            rf"(?:(?P<y>{Y1})年|(?P<ry>今|明|去|后|本)年)?的?(?:第(?P<nth>{N})|(?P<last>最后一)"
            rf")个?(?:周|星期|礼拜)(?!末|[一二三四五六日天])"
        ),
        read.week_of_year,
    ),
    (
        (
            r"(?P<c>二十一|二十|十九|[12]\d|19|20|21)世纪(?:(?P<d>[二三四五六七八九1-9]"
            r"十|[1-9]0)年代)?|(?<!\d)(?P<d2>[二三四五六七八九]十|[1-9]0)年代"
        ),
        read.decade,
    ),
    (rf"(?:{_YEAR}的?)?(?P<half>[上下])半[个]?月", read.half_month),
    (r"现在|此刻|目前|眼下|马上|立刻|立马", read.now),
    (r"到|至|—|-|~", mark("T")),
    (r"[和与](?=[^,。]{1,14}之?间)", mark("T")),
    (r"从|自从|自(?!动|由|己)", mark("F")),
    (r"(?:或|及|和|以及)(?:之前|以前)", mark("b")),
    (r"(?:或|及|和|以及)(?:之后|以后)|以来|开始|起(?!来|步|动)", mark("a")),
    (r"之前|以前|前(?![面台杠轮桥后刹左右挡])", mark("B")),
    (r"之后|以后|后(?![面台杠轮桥来续刹左右备座排挡])", mark("A")),
    (r"期间|之内|以内|内(?!饰|容|部)", mark("W")),
]


@cache
def _rules() -> list[tuple[re.Pattern[str], Reader]]:
    return [(re.compile(pattern), reader) for pattern, reader in RULES]


def atoms(text: str, now: datetime) -> list[Atom]:
    """Atoms from left to right, the longest at each place."""
    return scan(_rules(), text, now)
