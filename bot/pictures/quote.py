"""A quote as a picture a customer can be sent: what, for how much, until when, and from whom."""

from __future__ import annotations

from collections.abc import Sequence

from bot.pictures.canvas import MUTED, RULE, Page, shorten

LEFT, RIGHT = 0.07, 0.93
HEAD, ROW, TOTAL, PAD, LINE = 1.5, 0.58, 1.05, 0.3, 0.42
NET = "#c8372d"
COLUMNS, WIDE = 30, 52


def quote_picture(
    dealer: str, title: str, rows: Sequence[tuple[str, str]], total: tuple[str, str], footer: Sequence[str]
) -> bytes:
    """A PNG 1080 pixels wide: the dealer and a title, lines of (what, value), the price to pay, small print."""
    page = Page(HEAD + ROW * len(rows) + TOTAL + PAD + LINE * len(footer) + PAD)
    head = page.axes(0, HEAD)
    page.write(head, LEFT, 0.45, shorten(dealer, WIDE), 15, color=MUTED)
    page.write(head, LEFT, 0.95, shorten(title, COLUMNS + 6), 24)
    head.plot((LEFT, RIGHT), (HEAD - 0.08, HEAD - 0.08), color=RULE, linewidth=1)
    body = page.axes(HEAD, ROW * len(rows) + TOTAL)
    for index, (name, value) in enumerate(rows):
        y = ROW * (index + 0.5)
        page.write(body, LEFT, y, shorten(name, 16), color=MUTED)
        page.write(body, RIGHT, y, shorten(value, COLUMNS), 17, ha="right")
    y = ROW * len(rows) + TOTAL / 2
    page.write(body, LEFT, y, shorten(total[0], 16), 17)
    page.write(body, RIGHT, y, shorten(total[1], COLUMNS), 28, color=NET, ha="right")
    foot = page.axes(HEAD + ROW * len(rows) + TOTAL + PAD, LINE * len(footer) + PAD)
    foot.plot((LEFT, RIGHT), (0, 0), color=RULE, linewidth=1)
    for index, line in enumerate(footer):
        page.write(foot, LEFT, LINE * (index + 0.8), shorten(line, WIDE + 6), 13, color=MUTED)
    return page.png()
