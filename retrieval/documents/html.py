"""HTML pages: what a reader would see of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from retrieval.documents.model import Block, Content, Unreadable
from retrieval.documents.style import Styles
from retrieval.documents.tables import cell, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable

_SKIPPED = frozenset(
    "script style noscript template head svg canvas iframe object nav select button input".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = frozenset("a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strong "
                    "sub sup time tt u var wbr".split())  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n\f]+")
_DEEPEST = 200


def read_html(text: str) -> Content:
    """Headings, paragraphs, lists and tables with captions, without what is hidden. Raises Unreadable."""
    from lxml import etree, html

    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("no_text", "holds no text") from error
    page = _Page(Styles.of(root))
    page.walk(root, 0)
    page.end()
    title = next((cell("".join(node.itertext())) for node in root.iter("title")), "")
    return Content(page.blocks, title, hidden=dict(page.hidden))


class _Page:
    """Walks the tree once, and writes down blocks."""

    def __init__(self, styles: Styles) -> None:
        self.blocks: list[Block] = []
        self.hidden: Counter[str] = Counter()
        self._styles = styles
        self._words: list[str] = []
        self._caption = ""

    def walk(self, node: Any, depth: int) -> None:
        """The node with all it holds, but not what follows it."""
        tag = node.tag if isinstance(node.tag, str) else ""
        if not tag or tag in _SKIPPED or depth > _DEEPEST:
            return
        if why := self._styles.hides(node):
            self.hidden[why] += bool("".join(node.itertext()).strip())
            return
        if tag == "br":
            self._words.append("\n")
        elif tag in _INLINE:
            self._inside(node, depth)
        else:
            self.end()
            self._block(node, tag, depth)

    def _inside(self, node: Any, depth: int) -> None:
        self._words.append(_SPACE.sub(" ", node.text or ""))
        for child in node:
            self.walk(child, depth + 1)
            self._words.append(_SPACE.sub(" ", child.tail or ""))

    def _block(self, node: Any, tag: str, depth: int) -> None:
        if tag == "table" and not any(True for _ in node.iterdescendants("table")):
            self._table(node, depth)
            return
        if tag in ("caption", "figcaption"):
            self._caption = self._text_of(node, depth)
            return
        self._inside(node, depth)
        if tag in _HEADINGS:
            self.end(lambda words: Block("heading", cell(words), _HEADINGS[tag]))
        elif tag == "li":
            mark = "- " if node.getparent() is None or node.getparent().tag != "ol" else f"{_number(node)}. "
            self.end(lambda words: Block("item", mark + words))
        else:
            self.end()

    def _text_of(self, node: Any, depth: int) -> str:
        held, self._words = self._words, []
        blocks, self.blocks = self.blocks, []
        self._inside(node, depth)
        self.end()
        said = " ".join(" ".join(block.text.split()) for block in self.blocks)
        self._words, self.blocks = held, blocks
        return said

    def _table(self, node: Any, depth: int) -> None:
        rows = []
        for row in node.iter("tr"):
            if why := self._styles.hides(row):
                self.hidden[why] += 1
                continue
            cells: list[str] = []
            for one in row.iterchildren("td", "th"):
                why = self._styles.hides(one)
                self.hidden.update([why] if why else [])
                cells.append("" if why else cell(self._text_of(one, depth + 1)))
                cells += [""] * (_span(one) - 1)
            rows.append(cells)
        caption = (
            next((self._text_of(one, depth) for one in node.iterchildren("caption")), "") or self._caption
        )
        self._caption = ""
        if rows := trimmed(rows):
            self.blocks.append(Block("table", rows=rows, caption=caption))

    def end(self, make: Callable[[str], Block] | None = None) -> None:
        """What was read up to here is a block of its own."""
        lines = (line.strip() for line in "".join(self._words).split("\n"))
        words = "\n".join(filter(None, lines))
        self._words = []
        if words:
            self.blocks.append(make(words) if make else Block("text", words))


def _span(node: Any) -> int:
    said = node.get("colspan") or "1"
    return min(int(said), 50) if said.isascii() and said.isdigit() else 1


def _number(node: Any) -> int:
    return 1 + sum(1 for _ in node.itersiblings("li", preceding=True))
