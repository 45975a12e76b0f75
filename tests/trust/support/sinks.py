"""Strings that mean something to whatever shows them: markup, scripts, SQL, formulas, and look-alikes of addresses."""

from __future__ import annotations

import random
from collections.abc import Iterator

XSS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(1)",
    "\"><iframe src=javascript:alert(1)>", "'-alert(1)-'", "<a href=//evil.example>点我</a>", "{{7*7}}", "${7*7}",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "</title><script>alert(1)</script>", "<body onpageshow=alert(1)>", "<style>@import'//evil.example'</style>",
)  # fmt: skip
MARKUP = (
    "<b>粗</b>", "<a href='https://evil.example'>合同</a>", "[合同](https://evil.example)", "![](https://evil.example/a.png)",
    "<@all>", "<@zhangsan>", "**确认**", "`code`", "# 标题", "> 引用", "<font color=\"warning\">已通过</font>",
    "<tg-spoiler>x</tg-spoiler>", "<u><s><i>x", "]]><Content>x</Content><![CDATA[", "<xml><MsgType>event</MsgType></xml>",
    "&amp;&#60;b&#62;", "[确认](tg://user?id=1)", "~~x~~ __y__ ||z||",
)  # fmt: skip
SQL = (
    "'; drop table customers; --", "' or '1'='1", "\" or 1=1 --", "1; select pg_sleep(5)", "%' and 1=0 union select 1 --",
    "张伟'--", "\\'; --", "%%%", "___", "a\\%b\\_c", "Robert'); DROP TABLE leads;--", "1e309", "NULL", "$$;--", "/*", "*/",
)  # fmt: skip
FORMULAS = (
    "=1+1", "=cmd|'/c calc'!A1", "=HYPERLINK(\"https://evil.example\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1",
    "＝1+1", "＋1", "－1", "＠SUM(1)", "=WEBSERVICE(\"https://evil.example\")", "\n=1", " =1+1", "%0A=1",
)  # fmt: skip
ODD = (
    "\u202e反转", "零\u200b宽", "\u2066隔离\u2069", "a\u0301" * 20, "😀" * 10, "\ufeff标", "\x1b[31m红", "\x07", "ㅤ",
    "\u2028",
)  # fmt: skip
WORDS = ("客户", "张伟", "合同", "the contract", "周六试驾", "ES6", "")


def hostile_strings(many: int, seed: int) -> Iterator[str]:
    """Every one of them alone, then in pairs and in sentences, until there are `many`."""
    alone = [*XSS, *MARKUP, *SQL, *FORMULAS, *ODD]
    yield from alone[:many]
    chance = random.Random(seed)
    for _ in range(many - len(alone)):
        first, second = chance.choice(alone), chance.choice(alone)
        between = chance.choice(WORDS)
        yield chance.choice((first + between, between + first, first + second, first + between + second))
