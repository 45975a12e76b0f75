"""What the platform refuses about template cards and articles, by its error codes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

TASK = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
PRESSED = ("button_interaction", "vote_interaction", "multiple_interaction")


def wrong_with(card: dict[str, Any]) -> int:
    """The error code, 0 for a card that is drawn."""
    kind = card.get("card_type")
    if kind in PRESSED and not TASK.fullmatch(card.get("task_id", "")):
        return 42014
    if kind == "text_notice":
        return _notice(card)
    if not card.get("main_title", {}).get("title"):
        return 42029
    if len(card.get("horizontal_content_list", ())) > 6:
        return 42033
    if kind == "button_interaction":
        return _buttons(card)
    if kind == "vote_interaction":
        return _vote(card)
    return _selects(card) if kind == "multiple_interaction" else 42027


def _notice(card: dict[str, Any]) -> int:
    if not (card.get("main_title", {}).get("title") or card.get("sub_title_text")):
        return 42029
    action = card.get("card_action", {})
    return 0 if action.get("type") in (1, 2) and action.get("url") else 42045


def _buttons(card: dict[str, Any]) -> int:
    buttons = card.get("button_list", ())
    if not 1 <= len(buttons) <= 6:
        return 42037
    if any(not 1 <= len(one["text"]) <= 10 for one in buttons):
        return 42038
    keys = [one["key"] for one in buttons]
    fits = all(0 < len(key.encode()) <= 1024 for key in keys) and len(set(keys)) == len(keys)
    return 0 if fits else 42039


def _vote(card: dict[str, Any]) -> int:
    options = card.get("checkbox", {}).get("option_list", ())
    if not 1 <= len(options) <= 20 or not _distinct(options):
        return 42040
    return 0 if card.get("submit_button", {}).get("key") else 42041


def _selects(card: dict[str, Any]) -> int:
    lists = card.get("select_list", ())
    if not 1 <= len(lists) <= 3 or any(not 1 <= len(one["option_list"]) <= 10 for one in lists):
        return 42042
    if not all(_distinct(one["option_list"]) for one in lists):
        return 42042
    return 0 if card.get("submit_button", {}).get("key") else 42041


def _distinct(options: Any) -> bool:
    ids = [one["id"] for one in options]
    return len(set(ids)) == len(ids) and all(0 < len(one.encode()) <= 128 for one in ids)


def wrong_with_news(news: dict[str, Any]) -> int:
    """The error code, 0 for articles that are drawn. Lengths are in bytes."""
    articles = news.get("articles")
    if set(news) != {"articles"} or not isinstance(articles, list) or not 1 <= len(articles) <= 8:
        return 45008
    return next((code for one in articles if (code := _article(one))), 0)


def _article(one: dict[str, Any]) -> int:
    if set(one) - {"title", "description", "url", "picurl"} or not all(isinstance(v, str) for v in one.values()):
        return 40058
    if not 0 < len(one.get("title", "").encode()) <= 128:
        return 45003
    if len(one.get("description", "").encode()) > 512:
        return 45004
    addresses = (one.get("url", ""), one.get("picurl", ""))
    well = all(0 < len(a.encode()) <= 2048 and urlsplit(a).scheme in ("http", "https") for a in addresses)
    return 0 if well else 40035
