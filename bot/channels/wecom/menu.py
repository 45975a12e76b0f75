"""The app's menu: the words people would type anyway, one tap away."""

from __future__ import annotations

from typing import Any

PREFIX = "say:"
# At most three, with five below each; names of at most 16 bytes.
MENU: tuple[tuple[str, tuple[tuple[str, str], ...] | str], ...] = (
    ("今天", "今天要干嘛"),
    ("客户", (("我的线索", "我的线索"), ("今天预约", "今天的预约"), ("明天安排", "明天要干嘛"), ("公海", "看看公海"))),
    ("更多", (("今天小结", "今天总结"), ("我的渠道", "我的渠道"), ("English", "English"), ("中文", "中文"),
              ("帮助", "你能干什么"))),
)  # fmt: skip


def menu() -> dict[str, Any]:
    """The body of `menu/create`."""
    return {"button": [_entry(name, what) for name, what in MENU]}


def said_by(key: str) -> str:
    """The words a press on the menu stands for; empty for a key that is not ours."""
    return key.removeprefix(PREFIX) if key.startswith(PREFIX) else ""


def _entry(name: str, what: tuple[tuple[str, str], ...] | str) -> dict[str, Any]:
    if isinstance(what, str):
        return {"type": "click", "name": name, "key": PREFIX + what}
    return {"name": name, "sub_button": [_entry(*one) for one in what]}
