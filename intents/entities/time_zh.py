"""Chinese time words to atoms: which words are read by which reader."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache

from . import stretches
from . import time_zh_read as read
from . import time_zh_spans as spans
from .atoms import Atom, Clock, Day, Reader, mark, scan
from .numbers import small
from .time_zh_words import (
    D1,
    ERA,
    FLOATING,
    HOLIDAYS,
    HOUR,
    LUNAR_DAY,
    M1,
    MISHEARD,
    PART,
    REL_DAYS,
    SOLAR_TERMS,
    UNIT,
    WD,
    WEEK,
    WORK_ENDS,
    Y1,
    N,
)  # fmt: skip

_RY = r"(?P<ry>今|明|去|后|前|大前|大后|本|当|来|次)年"
_YEAR = rf"(?:(?P<y>{Y1})\s?年|{_RY})"
_YEAR_OR = rf"(?:{_YEAR}的?\s?)?"
_NAMES = "|".join(sorted([*HOLIDAYS, *FLOATING, *SOLAR_TERMS], key=len, reverse=True))
_SHIFT = r"(?:上上|下下|上一|下一|这一|(?<!一)上|(?<!一)下|这|本|今|当|那)"
_OF = rf"(?:{_YEAR}的?\s?(?:(?P<m>{M1})月份?的?\s?)?|(?P<rm>上上|下下|上|下|这|本|当)个?月的?\s?)"
_OF_MONTH = rf"(?:{_YEAR_OR}(?P<m>{M1})月份?的?\s?|(?P<rm>上上|下下|上|下|这|本|当)个?月的?\s?)"
_NTH = rf"(?:第(?P<nth>{N})|(?P<last>最后一|最末一))个?"
_W = r"(?:周|星期|礼拜)"
_DAY = rf"(?P<d>{D1})"
_END = r"(?:\s?[日号](?![线店楼院车门口机])|(?![\d万千百个点时分秒天年月]))"
_SIDE = r"(?P<side>之后|以后|过后|后|之前|以前|前)(?!面)"
_TO = r"\s?[-到至~]\s?"

DATES: list[tuple[str, Reader]] = [
    (
        r"(?<!\d)(?P<y>[12]\d{3})\s?[-/.]\s?(?P<m>1[0-2]|0?[1-9])\s?[-/.]\s?(?P<d>3[01]|[12]\d|"
        r"0?[1-9])(?!\d)",
        read.full_date,
    ),
    (r"(?<!\d)(?P<y>[12]\d{3}) (?P<m>1[0-2]|0[1-9]) (?P<d>3[01]|[12]\d|0[1-9])(?!\d)", read.full_date),
    (
        r"(?<![\d./-])(?P<d>3[01]|[12]\d|0?[1-9])(?P<swap>[-/.])(?P<m>1[0-2]|0?[1-9])[-/.](?P<y>(?:19|"
        r"20)\d\d)(?!\d)",
        read.full_date,
    ),
    (r"(?<![\d./:-])(?P<a>\d{1,2})[-/](?P<b>\d{1,2})[-/](?P<c>\d{1,2})(?![\d/:-])", read.short_date),
    (
        rf"{_YEAR_OR}(?P<lunar>农历|阴历|旧历)(?:的)?\s?(?:(?P<y2>{Y1})年)?(?P<m>{M1})月?(?:的)?(?P<d>{LUNAR_DAY}|{D1})[日号]?",
        read.full_date,
    ),
    (rf"{_YEAR}的?[\s,]?(?P<m>{M1})\s?月份?的?\s?{_DAY}{_END}", read.full_date),
    (rf"(?P<m>{M1})\s?月份?的?\s?{_DAY}{_END}", read.full_date),
    (rf"{_YEAR_OR}(?P<rm>上上|下下|上|下|这|本|当)个?月的?{_DAY}(?:[日号]|(?!个|[\d天]|[年月周]))", read.full_date),
    (
        rf"(?:{_YEAR}的?)?(?P<name>{_NAMES})(?P<rest>假期|放假|长假|小长假|期间|假|那几天|这几天)?"
        rf"(?:的)?(?P<off>前一天|头一天|前夕|前夜|后一天|第二天|次日|(?P<side>前|后)(?P<n>{N})(?P<u>天|个?星期|周)(?!内))?(?:当天|那天|这天|当日|那日)?",
        read.named_holiday,
    ),
    (
        rf"(?<![\d./-])(?P<m>1[0-2]|0?[1-9])[./](?P<d>3[01]|[12]\d|0?[1-9])(?:[日号]"
        rf"|(?=\s?(?:{PART}|\d{{1,2}}[点:])))(?!\d)",
        read.full_date,
    ),
    (r"(?<![\d./:-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/万])", read.full_date),
    (rf"(?:(?P<s>{_SHIFT})(?:一)?个?)?{WEEK}\s?(?P<wd>{WD})(?!个|[年月])", read.weekday),
    (rf"(?:(?P<s>{_SHIFT})个?)?{WEEK}(?:末|六(?:日(?!本)|天|[和、到至]?(?:周|星期|礼拜)[日天]))", spans.weekend),
    (
        r"(?P<d>大年初[一二三四五六七八九十]|(?<![最当])初[一二三四五六七八九十](?![个月点]))",
        lambda m, now: ("D", Day(month=1, day=small(m["d"][-1]), lunar=True)),
    ),
    (rf"(?<![\d.月第])(?P<d>{D1})\s?[日号](?![线店楼院车门口机])", read.full_date),
    (rf"{_OF_MONTH}{_NTH}{_W}(?P<wd>[一二三四五六日天])", spans.nth_weekday),
    (rf"(?:{'|'.join(sorted((k for k in REL_DAYS if len(k) > 1), key=len, reverse=True))})(?!头条)", read.rel_day),
    (r"(?<![\d一二两三四五六七八九十百几多半今明去后前上下每整全])年(?=[前后](?![面轮]))", read.new_year),
    (rf"[今明昨](?=\s?(?:{PART}|[早晚夜晨]))", read.rel_day),
    (rf"(?<![\d.:月/-])(?P<d>{D1})(?={_TO}{D1}\s?[日号])", read.full_date),
    (r"(?<=[到至~-])(?P<s>)(?P<wd>[一二三四五六日天])(?![个点月十天周号日时分])", read.weekday),
]
STRETCHES: list[tuple[str, Reader]] = [
    (
        rf"(?P<side>接下来的?|未来的?|今后的?|往后|近|最近|过去的?|前面?|之前|上|下|这)(?:这)?"
        rf"(?P<n>几|(?<![上下前])半|{N})(?P<u>{UNIT})(?:以?来|里|内|间|之内|以内)?",
        spans.stretch,
    ),
    (rf"(?P<n>半|{N})(?P<u>{UNIT})(?:之内|以内|内)", spans.within),
    (
        rf"(?:再有|还剩|剩下|接下来的?|之后的?|今后的?|往后|后)\s?(?P<n>半|{N})"
        rf"(?P<u>{UNIT})(?P<side>后)?(?![后前\d一二三四五六七八九十又零]|之)",
        spans.ahead,
    ),
    (rf"(?:(?P<y>{Y1})年?|(?P<ry>今|明|去|后|本|前)年?)?(?P<of>年)(?P<edge>底|末|终|初|中|尾)", spans.edge),
    (rf"(?:{_YEAR}的?)(?P<of>年)?(?P<edge>底|末|初)(?!级)", lambda m, now: spans.edge(m, now) if m["of"] else None),
    (
        rf"(?:(?P<s>{_SHIFT})个?)?(?P<of>月)(?P<edge>上旬|中旬|下旬|底|末|初|头|中|尾)(?!药)",
        spans.edge,
    ),
    (rf"{_YEAR_OR}(?P<m>{M1})(?P<of>月)份?(?P<edge>上旬|中旬|下旬|底|末|初|头|中|尾)(?!国|午|旬|心)", spans.edge),
    (r"(?<![\d一二两三四五六七八九十百几多半])年(?=[内里])", lambda m, now: ("S", stretches.year(now.year))),
    (r"明后(?:两?天)|今明(?:两?天)|后天大后天", spans.two_days),
    (rf"(?P<s>{_SHIFT})?(?P<of>周)(?P<edge>初|中)(?!国|午|心)", spans.edge),
    (rf"{_YEAR_OR}第?(?P<q>[一二三四1-4])季度", spans.quarter),
    (rf"(?:{_YEAR}的?|(?P<s>[上下]))?(?P<half>(?<![上下])[上下前后])个?半年(?![前后多])", spans.half_year),
    (
        r"上个(?P<half>)半年",
        lambda m, now: ("S", stretches.half_year(now.year - (now.month < 7), 2 if now.month < 7 else 1)),
    ),
    (rf"(?:(?P<m>{M1})月|{_YEAR}的?)?(?P<half>[上下])半个?月", spans.half_month),
    (r"(?P<s>这|本|上|下)?(?P<half>(?<![上下])[上下前后])半个?(?:周|星期|礼拜)", spans.half_week),
    (rf"{_YEAR}的?\s?(?P<m>{M1})\s?月份?(?!\s?\d)", spans.month),
    (rf"{_YEAR}的?第(?P<nth>{N})个?月", spans.nth_month),
    (rf"(?<!\d)(?P<m>{M1})月(?:份(?!额)|(?!\d))(?!底|初|中旬|[天])", spans.month),
    (rf"(?<!\d)(?P<m>{M1})(?={_TO}{M1}月(?!\s?\d))", spans.month),
    (rf"(?P<s>{_SHIFT})(?:个|一)?(?P<u>周|星期|礼拜|月份|月|季度)(?!末)", spans.span_of_days),
    (r"(?P<s>大前|大后|前|去|今|本|明|后|次|来)(?P<u>年)", spans.span_of_days),
    (rf"(?<![了过近满龄保修\d.])(?P<y>{Y1})\s?年(?!代|款|份?质保)", spans.year),
    (rf"(?<![\d.])(?P<y>[12]\d{{3}})(?={_TO}[12]\d{{3}}\s?年)", spans.year),
    (rf"(?<![\d.-])(?P<y>(?:19|20)\d\d){_TO}(?P<y2>(?:19|20)\d\d)(?!\d|-\d|款)年?", spans.years),
    (r"(?:(?<=[=在自])|(?<=[=在自]\s))\s?(?P<y>(?:19|20)\d\d)(?![\d./年款-]|\s?[年款元块])", spans.year),
    (rf"{_OF}{_NTH}{_W}(?!末|[一二三四五六日天])", spans.nth_week),
    (rf"(?:(?P<m>{M1})月份?的?)?{_NTH}{_W}(?!末|[一二三四五六日天])", spans.nth_week),
    (rf"{_OF}(?P<which>前|最后|头)\s?(?P<n>{N})\s?(?P<u>{UNIT})", spans.first_of),
    (
        r"(?P<c>二十一|二十|十九|[12]\d|19|20|21)世纪(?:(?P<d>[二三四五六七八九1-9]"
        r"十|[1-9]0)年代)?|(?<!\d)(?P<d2>[二三四五六七八九]十|[1-9]0)年代",
        spans.decade,
    ),
    (rf"(?P<y>{ERA}){{1}}年", spans.era_year),
]
CLOCKS: list[tuple[str, Reader]] = [
    (rf"(?<![\d.:])(?P<h>{HOUR})\s?点钟?(?P<half>半|[一1三3]刻钟?)", read.clock),
    (r"(?P<h>[一二三四五六七八九])(?=[二三四五六七八九十]点)", read.about_clock),
    (rf"(?<![\d.:])(?P<h>{HOUR})\s?点差(?P<minus>一刻|{N}分?钟?)", read.clock),
    (rf"差(?P<minus>[一1]刻|{N}分)钟?(?:到)?(?P<h>{HOUR})\s?点(?!半)", read.clock),
    (
        rf"(?<![\d.:])(?P<h>{HOUR}|零)\s?(?:点|时(?!候|间|常|代))(?:钟|整)?(?:(?P<mi>过?(?:[0-5]?\d|[零一二三四五六七八九十]{{1,3}}))"
        rf"分?(?:钟)?(?:(?P<sec>\d+|[零一二三四五六七八九十]+)秒)?)?(?![\d%公]|[个]?百分|个点|[1-9一二三四五六七八九]?[kKwW万]|折|左右的折)",
        read.clock,
    ),
    (
        r"(?<![\d.:])(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d)(?::(?P<sec>[0-5]\d))?(?![\d:])(?:\s?(?P<ap>[ap]"
        r"\.?m\b\.?))?",
        read.clock,
    ),
    (r"(?<![\d.:A-Za-z])(?P<h>1[0-2]|0?[1-9])\s?(?P<ap>[ap]\.?m(?![a-z])\.?)", read.clock),
    (rf"(?<![\d.:])(?P<h>{HOUR})(?={_TO}{HOUR}\s?[点时](?!候|间))", read.clock),
    (r"(?<!几点)下班(?=之?前|以前|之?后|以后|时)", lambda m, now: ("C", Clock(WORK_ENDS))),
    (PART, read.part),
]
LENGTHS: list[tuple[str, Reader]] = [
    (rf"(?:再过|过)(?P<n>半|{N})(?P<half>个半)?(?P<u>{UNIT})(?P<side>)", read.distance),
    (
        rf"(?P<n>半|{N})(?P<half>个半)?(?P<u>{UNIT})零?(?:(?P<n2>半|{N})(?P<u2>{UNIT})|(?P<tail>半))?{_SIDE}",
        read.distance,
    ),
    (
        rf"(?P<n>半|{N})(?P<half>个半)?(?P<u>{UNIT})(?!级|款|前盘|保)(?P<more>(?:[零又余加多]"
        rf"?(?:半|{N}){UNIT}){{0,5}})(?P<tail>半(?![年月天个]))?",
        read.length,
    ),
    (r"上一?个?小时", lambda m, now: ("R", (now - timedelta(hours=1), now))),
    (r"下一?个?小时", lambda m, now: ("R", (now, now + timedelta(hours=1)))),
]
MARKS: list[tuple[str, Reader]] = [
    (r"现在|此刻|目前|眼下|马上|立刻|立马|(?<=[到至])今(?![天日年晚早])", read.at_now),
    (r"(?<![最新远])最近(?!的|[\d一二两三四五六七八九十半几])", lambda m, now: ("D", Day(fixed=now.date()))),
    (r"到|至|—|-|~", mark("T")),
    (r"[和与跟](?=[^,。]{1,16}之?间)", mark("T")),
    (r"从|自从|自(?!动|由|己|家|驾|费|然|吸)", mark("F")),
    (r"截止到?|截至|不晚于|不迟于|最晚|最迟", mark("i")),
    (r"(?:或|及|和|以及)(?:之前|以前)", mark("I")),
    (r"(?:或|及|和|以及)(?:之后|以后)|以来|开始|起(?!来|步|动|码)", mark("Z")),
    (r"之前|以前|前(?![面台杠轮桥后刹左右挡保盖脸])", mark("B")),
    (r"之后|以后|后(?![面台杠轮桥来续刹左右备座排挡尾])", mark("A")),
    (r"期间|之内|以内|内(?!饰|容|部)|之?间(?!隔|接)", mark("W")),
]
RULES = [*DATES, *STRETCHES, *CLOCKS, *LENGTHS, *MARKS]
_MISHEARD = re.compile("|".join(MISHEARD))


@cache
def _rules() -> list[tuple[re.Pattern[str], Reader]]:
    return [(re.compile(pattern, re.I), reader) for pattern, reader in RULES]


def atoms(text: str, now: datetime) -> list[Atom]:
    """Atoms from left to right, the longest at each place."""
    return scan(_rules(), _MISHEARD.sub(lambda found: MISHEARD[found[0]], text), now)
