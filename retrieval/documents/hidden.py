"""What a person would not see, and words addressed to a machine: left out, or shown to who reviews."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from unicodedata import normalize

from retrieval.documents.model import Block, Finding

_UNSEEN = {
    "zero-width": re.compile("[\u200b-\u200d\u2060-\u2064\u180e\u00ad\ufeff\U000e0000-\U000e007f]+"),
    "direction": re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+"),
    "control": re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufff9-\ufffb]+"),
}
_MOST = 5
_LINE = 120
_INSTRUCTION = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|above|prior|earlier|all|your|system)\b.{0,30}"
    r"\b(?:instruction|prompt|rule|message|context|guideline)"
    r"|\bsystem\s+prompt\b"
    r"|\b(?:you are|act as|pretend to be)\s+(?:now\s+)?(?:an?\s+)?(?:ai|assistant|chatbot|language model)"
    r"|\bas an? (?:ai|assistant|language model)\b|<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]"
    r"|^\s*(?:system|assistant)\s*:|\b(?:do not|don't|never) (?:tell|reveal|mention to) the (?:user|customer|human)"
    r"|\b(?:when|if) (?:asked|a (?:user|customer) asks).{0,60}\b(?:always|only)\b.{0,20}\b(?:answer|reply|respond|say)\b"
    r"|(?:忽略|无视|忘记|忘掉|不要理会|不用管).{0,12}(?:指令|提示词)"
    r"|(?:忽略|无视|忘记|忘掉|不要理会|不用管).{0,4}(?:以上|之前|前面|上述|所有|一切|原有|系统).{0,6}"
    r"(?:指示(?!灯|牌|器|标)|提示|规则|要求|设定|约束|内容)"
    r"|(?:你现在是|你是一个|请你?扮演|假装你是).{0,12}(?:AI|人工智能|助手|机器人|模型|客服)"
    r"|系统提示词|提示词注入|不要(?:告诉|透露给|让).{0,6}(?:用户|客户|顾客)(?:知道)?"
    r"|(?:无论|不管).{0,20}(?:问|提问).{0,20}(?:都|一律|必须).{0,6}(?:回答|回复|说|答)",
    re.IGNORECASE | re.MULTILINE,
)


def without_unseen(text: str) -> tuple[str, Counter[str]]:
    """The text without characters nobody sees, and how many stretches of each sort there were."""
    found: Counter[str] = Counter()
    for sort, pattern in _UNSEEN.items():
        text, count = pattern.subn("", text)
        if count:
            found[sort] = count
    return text, found


def is_instruction(line: str) -> bool:
    """Whether a line reads like words to a machine; such a line is never an answer."""
    return _INSTRUCTION.search(normalize("NFKC", line[:2000])) is not None


def findings(hidden: dict[str, int], blocks: Iterable[Block]) -> tuple[Finding, ...]:
    """What was left out, and the lines that read like instructions to a model."""
    suspect: dict[str, None] = {}
    for block in blocks:
        lines = ["  ".join(row) for row in block.rows] if block.rows else block.text.split("\n")
        for line in [block.caption, *lines]:
            if len(suspect) < _MOST and is_instruction(line):
                suspect.setdefault(line.strip()[:_LINE])
    left_out = [Finding("hidden", sort, count) for sort, count in sorted(hidden.items())]
    return (*left_out, *(Finding("instruction", line) for line in suspect))
