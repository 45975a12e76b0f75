"""How a name may have been meant: other characters of the same sound, neighbouring sounds, slips of the finger.

Nothing here knows a customer. A spelling becomes the keys it may stand for, and an index over the kept names and
their pinyin finds who has one: the work grows with the spelling, not with the number of customers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from string import ascii_lowercase
from typing import NamedTuple

from crm_core.customers.rules import pinyin_of

MAX_SYLLABLES, MAX_LETTERS = 4, 24
SYLLABLES = frozenset(
    (
        "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen ceng "
        "cha chai chan chang chao che chen cheng chi chong chou chu chuai chuan chuang chui chun chuo ci cong cou cu "
        "cuan cui cun cuo da dai dan dang dao de deng di dian diao die ding diu dong dou du duan dui dun duo e en er "
        "fa fan fang fei fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui "
        "gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia jian jiang "
        "jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan kuang "
        "kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu long lou lu luan lun "
        "luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu na nai nan nang nao "
        "ne nei nen neng ni nian niang niao nie nin ning niu nong nu nuan nuo nv nve o ou pa pai pan pang pao pei "
        "pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun "
        "ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se sen seng sha shai shan "
        "shang shao she shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si song sou su suan sui sun "
        "suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen "
        "weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo "
        "yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhen zheng zhi "
        "zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo"
    ).split()
)
# Sounds that dialects and keyboards take for each other.
_HEADS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("h", "f"), ("r", "l"))
_TAILS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("ong", "on"), ("iang", "ian"), ("uang", "uan"))
_FAMILIES = (
    "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛"
    "伍韦申尤毕聂焦向柳邢岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜肖詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄"
    "单包司柏宁柯阮桂闵解强柴华车冉房边净阴闫佘练骆付代麦容悲初瞿褚班全名井米谈宫虞奚佟符蒲穆漆卞东储党从艾苟滕晋苑姬占巩"
)
_WHOLE = (("hua", "fa"), ("hui", "fei"), ("huan", "fan"), ("huang", "fang"), ("hun", "fen"), ("hong", "feng"))
# A surname is read in its own way; the dictionary's reading of the character is the other one.
_SURNAMES = {"shan": "dan", "zeng": "ceng", "qiu": "chou", "xie": "jie", "zha": "cha", "ou": "qu", "miao": "mou",
             "piao": "pu", "ren": "ren", "bo": "bao", "she": "yu", "xian": "shan", "le": "yue", "yue": "le",
             "ge": "gai", "chong": "zhong", "mo": "wan", "zhai": "di", "hua": "huo"}  # fmt: skip
_READ = {"单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "缪": "miao", "朴": "piao"}
_LEFT_OUT, _TWICE, _SURNAME = 0.6, 0.1, 0.1
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-zü'’.\s-]+", re.IGNORECASE)


class Spelling(NamedTuple):
    """A name as it was written: its sound, and whether it was written in letters."""

    text: str
    pinyin: str
    latin: bool


def spelling(name: str) -> Spelling:
    """`zhang wei`, `Zhang-Wei` and 张伟 have the same sound."""
    text = name.strip()
    if _LATIN.fullmatch(text):
        letters = re.sub(r"[^a-z]", "", text.lower().replace("ü", "v"))
        return Spelling(text, letters[:MAX_LETTERS], True)
    return Spelling(text, pinyin_of(text)[0], False)


@lru_cache(maxsize=4096)
def syllables(letters: str) -> tuple[str, ...]:
    """Letters as syllables, the fewest that fit; empty when they are no pinyin."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            before = best[start]
            if before is not None and letters[start:end] in SYLLABLES:
                found = (*before, letters[start:end])
                now = best[end]
                best[end] = found if now is None or len(found) < len(now) else now
    return best[-1] or ()


@lru_cache(maxsize=512)
def families(surname: str) -> tuple[str, ...]:
    """What a romanised surname may be in characters: `li` is 李, 黎 and others; itself comes first."""
    letters = surname.lower()
    return (letters, *(char for char in _FAMILIES if letters in (pinyin_of(char)[0], _READ.get(char))))


def same_sound(spelt: Spelling) -> list[str]:
    """Keys of exactly this sound: as it is kept, a surname's other reading, and a Latin name's other order."""
    keys = [spelt.pinyin, pinyin_of(spelt.text)[0]]
    parts = sounds(spelt)
    if parts and parts[0] in _SURNAMES:
        keys.append("".join((_SURNAMES[parts[0]], *parts[1:])))
    words = spelt.text.lower().split()
    if spelt.latin and len(words) == 2:
        keys.append("".join(re.sub(r"[^a-z]", "", word) for word in reversed(words)))
    return [key for key in dict.fromkeys(keys) if key]


def sounds(spelt: Spelling) -> tuple[str, ...]:
    """The syllables of a spelling: a character each, or as the letters are split."""
    if spelt.latin:
        return syllables(spelt.pinyin)
    return tuple(pinyin_of(char)[0] for char in spelt.text if _HAN.match(char))


def near_sounds(spelt: Spelling) -> list[str]:
    """Keys that differ by sounds people do not tell apart: zh/z, ch/c, sh/s, n/l, h/f, in/ing, an/ang, en/eng."""
    parts = sounds(spelt)
    if not 1 <= len(parts) <= MAX_SYLLABLES:
        return []
    keys = ("".join(choice) for choice in product(*map(_confused, parts)))
    return [key for key in dict.fromkeys(keys) if key != spelt.pinyin]


@lru_cache(maxsize=1024)
def _confused(syllable: str) -> tuple[str, ...]:
    """The syllable, and those that are taken for it."""
    heads = {syllable}
    for one, other in _HEADS:
        for said, meant in ((one, other), (other, one)):
            if syllable.startswith(said) and not (said in "zcs" and syllable[1:2] == "h"):
                heads.add(meant + syllable[len(said) :])
    heads |= {meant for pair in _WHOLE for said, meant in (pair, pair[::-1]) if said == syllable}
    found = set(heads)
    for head in heads:
        for one, other in _TAILS:
            found |= {head.removesuffix(said) + meant for said, meant in ((one, other), (other, one)) if head.endswith(said)}
    return (syllable, *sorted(s for s in found if s in SYLLABLES and s != syllable))


def slips(spelt: Spelling) -> Iterator[list[str]]:
    """Keys one slip away: a letter or a character wrong, missing, doubled or swapped with its neighbour.

    Likelier ones first; those that follow count only when these are nobody's.
    """
    if spelt.latin:
        if 4 <= len(spelt.pinyin) <= MAX_LETTERS:
            yield list(dict.fromkeys(_letters(spelt.pinyin)))
        return
    parts = sounds(spelt)
    if 2 <= len(parts) <= MAX_SYLLABLES:
        yield list(dict.fromkeys(_characters(parts)))
        yield list(dict.fromkeys(_any_characters(parts)))


def _letters(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in ascii_lowercase:
            yield head + letter + tail[1:]
            yield head + letter + tail


def _characters(parts: tuple[str, ...]) -> Iterator[str]:
    """A syllable left out, two swapped, one for another of nearly its letters; to two one added after the surname."""
    for at in range(len(parts)):
        head, tail = parts[:at], parts[at + 1 :]
        if len(parts) > 2:
            yield "".join(head + tail)
        yield from _with(head, tail, _nearly(parts[at]))
        if tail:
            yield "".join((*head, tail[0], parts[at], *tail[1:]))
    if len(parts) == 2:
        yield from _with(parts[:1], parts[1:], SYLLABLES)


def _any_characters(parts: tuple[str, ...]) -> Iterator[str]:
    """A syllable for any other, the first for a surname's."""
    for at in range(len(parts)):
        yield from _with(parts[:at], parts[at + 1 :], SYLLABLES if at else _family_sounds())


def _with(head: Iterable[str], tail: Iterable[str], syllables: Iterable[str]) -> Iterator[str]:
    before, after = "".join(head), "".join(tail)
    return (f"{before}{syllable}{after}" for syllable in syllables)


@lru_cache(maxsize=512)
def _nearly(syllable: str) -> tuple[str, ...]:
    """The syllables one letter away."""
    from rapidfuzz.distance import OSA

    return tuple(sorted(other for other in SYLLABLES if OSA.distance(syllable, other, score_cutoff=1) <= 1))


@lru_cache(maxsize=1)
def _family_sounds() -> tuple[str, ...]:
    """How surnames sound."""
    return tuple(sorted({pinyin_of(char)[0] for char in _FAMILIES} | set(_READ.values())))


def one_slip(spelt: Spelling, name: str, pinyin: str) -> bool:
    """Whether a kept name is what was meant but for one letter (written in letters) or one character."""
    from rapidfuzz.distance import OSA

    one, other = (spelt.pinyin, pinyin) if spelt.latin else (spelt.text, name)
    return bool(OSA.distance(one, other, score_cutoff=1) <= 1)


def likeness(spelt: Spelling, name: str, pinyin: str) -> float:
    """How like a kept name is to what was written, 0 to 1: its sound; in characters shared ones and tones, too."""
    if spelt.latin or name.isascii():
        return _ratio(spelt.pinyin, pinyin)
    said, kept = _tones(spelt.text), _tones(name)
    cost = _cost(spelt.text, name, said, kept)
    return round(1 - cost / max(len(said), len(kept)), 4)


def _cost(one: str, other: str, said: tuple[str, ...], kept: tuple[str, ...]) -> float:
    """What turns one name into the other: a character left out or added, or exchanged, dearer for unlike sounds."""
    before = [_LEFT_OUT * i for i in range(len(other) + 1)]
    for i, char in enumerate(one, 1):
        row = [_LEFT_OUT * i]
        for j, kept_char in enumerate(other, 1):
            change = 0.0 if char == kept_char else _exchange(said[i - 1], kept[j - 1]) + _SURNAME * (i == j == 1)
            added = _TWICE if i > 1 and char == one[i - 2] else _LEFT_OUT
            row.append(min(before[j - 1] + change, before[j] + added, row[j - 1] + _LEFT_OUT))
        before = row
    return min(before[-1], float(max(len(one), len(other))))


def _exchange(said: str, kept: str) -> float:
    """One character for another: little for the same sound, a little more with another tone."""
    return 1.0 - 0.9 * _ratio(said.rstrip("12345"), kept.rstrip("12345")) + (0.05 if said != kept else 0.0)


@lru_cache(maxsize=65536)
def _ratio(one: str, other: str) -> float:
    from rapidfuzz.distance import OSA

    return float(OSA.normalized_similarity(one, other))


def _tones(name: str) -> tuple[str, ...]:
    return tuple(map(_tone, name))


@lru_cache(maxsize=16384)
def _tone(char: str) -> str:
    """A character's reading with its tone; itself when it has none."""
    from pypinyin import Style, lazy_pinyin

    return str(lazy_pinyin(char, style=Style.TONE3)[0])
