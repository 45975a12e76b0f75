"""Words that point at what was just seen: 第二个, 刚才那个, 上面那台; the second one, that car."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.conversation.talk import Talk

_NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
            "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}  # fmt: skip
_ORDINAL = re.compile(
    r"第(?P<zh>[一二两三四五六七八九十]|\d{1,2})(?:个|位|条|单|家|组|批)(?:客户|线索|人|单子)?"
    r"|(?P<last>最后(?:那|一)?(?:个|位|条|单))(?:客户|线索|人)?"
    r"|\b(?:the )?(?P<en>first|second|third|fourth|fifth|(?P<n>\d{1,2})(?:st|nd|rd|th)) (?:one|customer|lead|person)\b"
    r"|\b(?P<last_en>the last) (?:one|customer|lead|person)\b",
    re.I,
)
_THAT_ONE = re.compile(
    r"(?:刚才|刚刚|上面|前面|上一)(?:说的|提到的|聊的)?那?(?:一)?(?:个|位|条)(?:客户|线索|人)?"
    r"|\b(?:that|the same) (?:one|customer|person|lead)\b",
    re.I,
)
# 这台凯美瑞 names its car itself: without 车 only what cannot be a name may follow.
_THAT_CAR = re.compile(
    r"(?:刚才|上面|前面)?(?:那|这)(?:台|款|辆)(?:车|(?![\u4e00-\u9fffA-Za-z0-9])"
    r"|(?=[的有还能多前后左右要现怎贵便报打优什可给我他她客是吧呢吗再最落到库价配]))"
    r"|\b(?:that|this) (?:car|model|vehicle)\b",
    re.I,
)
# Of these the thing pointed at is not a customer.
_OTHER = re.compile(r"撤|取消|提醒|待办|任务|预约|审批|\b(?:undo|cancel|remind|task|approval)", re.I)


def listed(talk: Talk, people: Sequence[tuple[str, str]]) -> None:
    """Customers (id, name) were just shown one below the other; words may point at them by number."""
    talk.memory.listed = [list(one) for one in people if one[0]][:20]
    talk.memory.listed_at = talk.now.isoformat()


def resolved(talk: Talk, said: str) -> str:
    """The message with what it points at in words that are understood anywhere: he or she, the car's name."""
    if talk.is_staff and not _OTHER.search(said):
        said = _person(talk, said)
    car = talk.memory.car(talk.now)
    return _THAT_CAR.sub(lambda _: car, said, count=1) if car else said


def _person(talk: Talk, said: str) -> str:
    found = _ORDINAL.search(said)
    number = _number(found) if found else 0
    people = talk.memory.shown_list(talk.now)
    if found and people and -1 <= number <= len(people):
        customer, name = people[number - 1 if number > 0 else -1]
        talk.about("customer", customer, name)
        return _with(said, found)
    pointed = _THAT_ONE.search(said)
    return _with(said, pointed) if pointed and talk.focused("customer") else said


def _number(found: re.Match[str]) -> int:
    """From 1; -1 is the last."""
    if found["last"] or found["last_en"]:
        return -1
    word = (found["n"] or found["zh"] or found["en"]).lower()
    return int(word) if word.isdigit() else _NUMBERS[word]


def _with(said: str, found: re.Match[str]) -> str:
    pronoun = "him" if found[0].isascii() else "他"
    return said[: found.start()] + pronoun + said[found.end() :]


def option(said: str, labels: Sequence[str]) -> str | None:
    """Of the chips that were offered the one whose label was typed, or that a bare number names: 第二个, 2."""
    if said in labels:
        return said
    found = _ORDINAL.fullmatch(said.strip(" 。.!！"))
    bare = re.fullmatch(r"[1-9]", said.strip())
    number = _number(found) if found else int(bare[0]) if bare else 0
    if number == -1 or 1 <= number <= len(labels):
        return labels[number - 1 if number > 0 else -1]
    return None
