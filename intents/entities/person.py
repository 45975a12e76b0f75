"""People as they are named in chat: 张伟, 李总, 王姐, 小李, 欧阳先生, Mr Li, Zhang Wei, Lily."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..data import lists
from ..normalize import is_chinese
from ..types import Lexicon, Span
from .gazetteer import matcher

_EN_TITLE = r"(?:mr|mrs|ms|miss|mister|madam|dr|doctor|sir|manager|boss|auntie|uncle)"
_EN_NAME = re.compile(
    r"(?<![A-Za-z0-9'])[A-Z][a-z]{1,14}(?:[ -][A-Z][a-z]{1,14}){0,2}(?![A-Za-z0-9]"
    r")(?!'(?:t|ll|re|m\b))"
)
_PRONOUN_ZH = re.compile(
    r"(?:这个|那个|这位|那位|该|上面那个|刚才那个|刚才那位)(?:客户|顾客|车主|先生|"
    r"女士|人)|(?<![其吉])[他她](?!们|店)|对方"
)
_PRONOUN_EN = re.compile(
    (
        r"\b(?:him|her|he|she|(?:this|that|the) (?:customer|client|guy|gentleman|lady)"
        r")\b"
    ),
    re.I,
)


_TOTAL = r"总?(?:是|共|价|体|得|能|算|说|想着|部|之|泵|成)"
_NOT_TITLE = (
    r"(?!总是|总共|总价|总体|总得|总能|总算|总说|总想着|工作|工资|工程|董事|处理|处方|处罚|叔叔家|哥们|姐们|"
    r"同学会|工时|工位|总部|总之|总泵|总成|总包|总和|总量|总数|总额)"
)
# After one of these 小 and 大 belong to a full name: 马小东, 王大伟.
_FAMILIES = (
    "张王李赵刘陈杨黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆"
    "汪范廖贾夏韦邹孟熊秦邱江尹薛闫段雷侯史陶黎贺郝龚邵钱严戴莫孔"
)
# A surname that ends another word: 这单算丢了, 签单成功.
_ENDS_A_WORD = re.compile(r"[这那个张订下签报工跟成退首]单$")
_CLOCK = re.compile(r"\s*(?:\d{1,2}(?!\d)|at\b|morning|afternoon|evening|night|noon)")
# Before 先生 or 女士 any character may be a surname, when nothing of a word stands before it.
_STRANGER = (
    r"(?:(?<=[\s,.;:!?、给把帮和跟与叫替为请让将找约对是])|^)"
    r"(?P<stranger>[\u4e00-\u9fff](?<![你您我他她它这那位个名男女老小大某哪各本贵该先好的给把帮和跟与叫替为请让将找约对是吗]))"
    r"(?:先生|女士|小姐|大爷|大妈|阿姨)"
)
_NO_WIFE = r"(?![太贵大小高低多少远近忙好慢快难平阳极原空爱会能喜烦急强挑抠懒晚早不])"
_NO_MISTER = r"(?![产活意日气成效物存病孩锈命动前怕态人辰肖根平])"
_NO_NICK = r"(?!们|车|店|型|区|时|心|灯|轮|毛病|平时|路|达|力|件|章|头|子|落|位)"


@cache
def _data() -> Any:
    return lists("zh", "people")


@cache
def _not_person() -> frozenset[str]:
    return frozenset(lists("en", "not_names"))


@cache
def _titled() -> re.Pattern[str]:
    """A surname (or a given name's character) with a title; 小, 老, 阿, 大 with a name; 李太, 罗生."""
    data = _data()
    surnames = f"(?:{'|'.join(data['compound_surnames'])}|[{data['surnames']}{data['titled_surnames']}])"
    titles = "|".join(sorted(data["honorifics"], key=len, reverse=True))
    given = f"[^{re.escape(data['never_in_names'])}\\W\\d_a-zA-Z]{{1,2}}?"
    stop, prefix = "".join(data["not_after_prefix"]), "".join(data["prefixes"])
    return re.compile(
        rf"(?P<name>{surnames}(?:{given})?{_NOT_TITLE}(?:{titles}))|"
        rf"(?P<called>[{data['given']}](?:哥|姐|叔|姨|总|嫂)(?![家们妹弟夫]|{_TOTAL}))|"
        rf"(?P<wife>{surnames}太{_NO_WIFE}|{surnames}生{_NO_MISTER})|"
        rf"(?P<short>(?<![{_FAMILIES}])[{prefix}](?![{stop}])(?:{surnames}){_NO_NICK})|"
        rf"(?P<a>阿(?!{'|'.join(data['not_after_a'])})(?:[\u4e00-\u9fff]|[A-Z][a-z]+))|"
        rf"(?:{_STRANGER})"
    )


@cache
def _nicknames() -> re.Pattern[str]:
    """小倩, 大鹏: a given name's character with 小 or 大, which may be an ordinary word."""
    return re.compile(rf"(?<![大小老最多很太不从变{_FAMILIES}])[小大][{_data()['given']}](?!汽|{_NO_NICK[3:-1]})")


@cache
def _plain() -> re.Pattern[str]:
    data = _data()
    surnames = f"(?:{'|'.join(data['compound_surnames'])}|[{data['surnames']}])"
    given = f"[^{re.escape(data['never_in_names'])}\\W\\d_a-zA-Z\\u3000]"
    return re.compile(rf"(?=(?P<name>{surnames}{given}{{1,2}}))")


@cache
def _not_names() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _data()["not_names"]), key=len, reverse=True)))


def find_people(text: str, lexicon: Lexicon | None = None) -> Iterator[Span]:
    """People; `weak` marks a bare name known from its surname only, which a sentence must confirm."""
    for match in matcher(lexicon.people).finditer(text) if lexicon and lexicon.people else ():
        yield _span(match.start(), match.end(), text, detail="known")
    for match in _titled().finditer(text):
        if not _inside_word(text, match.start(), match[0]):
            yield _span(match.start(), match.end(), text, detail="titled")
    for match in _nicknames().finditer(text):
        yield _span(match.start(), match.end(), text, detail="name", weak=True)
    for match in (*_PRONOUN_ZH.finditer(text), *_PRONOUN_EN.finditer(text)):
        yield _span(match.start(), match.end(), text, detail="pronoun")
    yield from _latin_people(text)
    yield from _bare_names(text)


def _span(start: int, end: int, text: str, detail: str, weak: bool = False) -> Span:
    return Span("person", start, end, text[start:end], text[start:end], detail=detail, weak=weak)


def _inside_word(text: str, start: int, name: str) -> bool:
    """马上, 高兴, 方便: a word that only begins like a name; or a name's head that ends another word."""
    if _not_names().match(text, start):
        return True
    return name[:1] in "小大老阿" and text[start - 1 : start] in (
        "大",
        "最",
        "多",
        "很",
        "太",
        "不",
        "从",
        "变",
    )


def _bare_names(text: str) -> Iterator[Span]:
    end = 0
    words = [(m.start(), m.end()) for m in _not_names().finditer(text)]
    for match in _plain().finditer(text):
        at = match.start()
        inside = _not_names().match(text, at) or any(a <= at < b for a, b in words)
        if at < end or inside or _ENDS_A_WORD.search(text, 0, at + 1):
            continue
        name = _trim(text, match["name"], match.start())
        if name is None:
            continue
        end = match.start() + len(name)
        yield _span(match.start(), end, text, detail="name", weak=True)


def _trim(text: str, name: str, start: int) -> str | None:
    """The likelier of the two- and the three-character reading; words inside a name decide against it."""
    near = [m for at in range(1, max(3, len(name))) if (m := _common().match(text, start + at))]
    blocked = [m.start() - start for m in near if len(m[0]) > 1 or m.start() - start >= 2]
    limit = min(blocked, default=len(name))
    if limit == 2 < len(name) and name[1] in _AGES and _ENDS_HERE.match(text, start + 3):
        limit = 3  # 刘大 alone is nobody: 刘大拿, 王老五
    name = name[: max(limit, 0)]
    return name if len(name) >= 2 else None


_AGES = "大小老"
_ENDS_HERE = re.compile(r"$|[\s,.;:!?、\x00\d]|[改升降调转推想要来说的是到约给在也都]")


@cache
def _common() -> re.Pattern[str]:
    """Words that start right after a name and must not be swallowed by it."""
    words = list(lists("zh", "after_names"))
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


def _latin_people(text: str) -> Iterator[Span]:
    titled = re.compile(
        rf"(?<![A-Za-z]){_EN_TITLE}(?:\.\s?|\s)(?P<n>[A-Za-z][a-z]{{1,14}}(?:\s[A-Z][a-z]{{1,14}})?)(?![A-Za-z])", re.I
    )
    for match in titled.finditer(text):
        words = match["n"].split()
        if words[0].lower() in _not_person() and not words[0][0].isupper():
            continue
        end = match.end()
        if len(words) > 1 and (words[1].lower() in _not_person() or not words[1][0].isupper()):
            end = match.start("n") + len(words[0])
        yield _span(match.start(), end, text, detail="titled")
    for match in _EN_NAME.finditer(text):
        yield from _latin_name(text, match)
    surnames = "|".join(_data()["english_surnames"])
    for match in _pinyin_name().finditer(text) if is_chinese(text) else ():
        if match[0] not in _not_person():
            yield _span(match.start(), match.end(), text, detail="name", weak=True)
    for match in re.finditer(rf"(?<![A-Za-z])(?:{surnames}) [a-z]{{2,12}}(?![A-Za-z])", text):
        if match[0].split()[1] not in _not_person():
            yield _span(match.start(), match.end(), text, detail="name", weak=True)


@cache
def _pinyin_name() -> re.Pattern[str]:
    """zhangwei in a Chinese sentence: a surname and one or two syllables in one word."""
    surnames = "|".join(sorted(_data()["english_surnames"], key=len, reverse=True))
    syllable = r"(?:[zcs]h|[bpmfdtnlgkhjqxzcsryw])(?:[iu]?[aeo][io]?|[iuv]|ui|iu|ua)(?:ng?)?"
    return re.compile(rf"(?<![A-Za-z0-9])(?:{surnames})(?:{syllable}){{1,2}}(?![A-Za-z0-9])")


def _is_surname(words: list[str]) -> bool:
    """Sun, He or An before a given name is a surname, whatever else it may be."""
    return (
        len(words) > 1
        and words[0].lower() in _data()["english_surnames"]
        and words[1].lower() not in _not_person()
    )


def _latin_name(text: str, match: re.Match[str]) -> Iterator[Span]:
    start, words = match.start(), match[0].split(" ")
    while words and words[0].lower() in _not_person() and not _is_surname(words):
        start += len(words[0]) + 1
        words = words[1:]
    for index, word in enumerate(words):
        if word.lower() in _not_person() and not (index == 0 and _is_surname(words)) and not (
            index == 1 and word.lower() in _data()["english_surnames"] and not _CLOCK.match(text, match.end())
        ):
            words = words[:index]
            break
    name = " ".join(words)
    if len(name) >= 2:
        title = re.compile(r"[ ]?(?:先生|女士|小姐|总|姐|哥|老师|经理)").match(text, start + len(name))
        end = title.end() if title else start + len(name)
        yield _span(start, end, text, detail="latin", weak=len(words) == 1 and not title)
