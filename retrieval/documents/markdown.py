"""Markdown and plain text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from retrieval.documents.model import Block, Content
from retrieval.documents.tables import cell, trimmed

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_HEADING = 100
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TIGHT_HEADING = re.compile(r"^(#{1,6})(?=[\u4e00-\u9fff])", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^()\n]{0,500}\)")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\((?:https?:|/|#|\.|mailto:|tel:)[^()\s]{0,500}\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,500}?)(?<=\S)\1")


def read_markdown(text: str, *, plain: bool = False) -> Content:
    """Headings, paragraphs, lists and tables. `plain` text has no underlined headings and no indented code."""
    text, comments = _COMMENT.subn("", text)
    blocks = [
        block
        for block in _blocks(_TIGHT_HEADING.sub(r"\1 ", text), plain)
        if block.text.strip() or block.rows
    ]
    hidden = Counter({"comment": comments} if comments else {})
    for block in list(blocks):
        if block.kind == "text" and block.text.startswith("<") and block.text.rstrip().endswith(">"):
            from retrieval.documents.html import read_html

            inner = read_html(block.text)
            hidden.update(inner.hidden or {})
            at = blocks.index(block)
            blocks[at : at + 1] = inner.blocks
    return Content(blocks, hidden=dict(hidden))


def words_of(text: str) -> str:
    """The words without the marks of links, pictures and bold print."""
    for pattern, kept in ((_IMAGE, r"\1"), (_LINK, r"\1"), (_STRONG, r"\2")):
        text = pattern.sub(kept, text)
    return text


def _blocks(text: str, plain: bool) -> Iterator[Block]:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.disable("inline")  # its structure is all that is wanted, and costs nothing
    if plain:
        parser.block.ruler.disable(["lheading", "code", "html_block"])
    tokens = parser.parse(text)
    lines = text.split("\n")
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "table_open":
            end = _closing(tokens, at)
            yield Block("table", rows=_rows(tokens[at:end]))
            at = end
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            end = _closing(tokens, at)
            yield from _items(tokens[at:end], lines)
            at = end
        else:
            yield from _one(token, tokens[at + 1] if at + 1 < len(tokens) else None)
            at += 1


def _one(token: Token, inner: Token | None) -> Iterator[Block]:
    if token.type == "heading_open" and inner is not None:
        words = words_of(inner.content)
        if len(words) <= MAX_HEADING and "\n" not in words:
            yield Block("heading", words, int(token.tag[1:]))
        else:
            yield Block("text", words)
    elif token.type == "paragraph_open" and inner is not None:
        yield Block("text", words_of(inner.content))
    elif token.type in ("fence", "code_block", "html_block"):
        yield Block("text", token.content.strip("\n").rstrip())


def _closing(tokens: list[Token], at: int) -> int:
    """The place after the token that closes the one at `at`."""
    level = tokens[at].level
    return next((n + 1 for n in range(at + 1, len(tokens)) if tokens[n].level == level and tokens[n].nesting < 0),
                len(tokens))  # fmt: skip


def _rows(tokens: list[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(cell(words_of(token.content)))
    return trimmed(rows)


def _items(tokens: list[Token], lines: list[str]) -> Iterator[Block]:
    """Each entry as it is written, marks and indent included; entries below it follow as their own."""
    starts = [token.map[0] for token in tokens if token.type == "list_item_open" and token.map]
    ends = [token.map[1] for token in tokens[:1] if token.map]
    for start, end in zip(starts, [*starts[1:], *ends], strict=True):
        said = "\n".join(line.rstrip() for line in lines[start:end] if line.strip())
        yield Block("item", words_of(said))
