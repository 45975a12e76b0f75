"""A manager's week as one picture: the funnel, and who has how much overdue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.pictures.canvas import INK, MUTED, RULE, Page, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FUNNEL, WON = "#2f6fb4", "#2a8a57"
CALLS, FOLLOWUPS, TASKS = "#c8372d", "#e08a1e", "#8794a6"
LEFT, RIGHT = 0.055, 0.945
HEAD, TITLE, ROW, PAD = 1.05, 0.72, 0.56, 0.35
PEOPLE = 8
NAME_COLUMNS = 12


@dataclass(frozen=True)
class Bar:
    """One stage: its name, how many, and what is said beside it."""

    name: str
    count: int
    beside: str = ""
    won: bool = False


@dataclass(frozen=True)
class Load:
    """One colleague: what he has overdue, by kind."""

    name: str
    first_calls: int
    followups: int
    tasks: int

    @property
    def parts(self) -> tuple[tuple[int, str], ...]:
        return (self.first_calls, CALLS), (self.followups, FOLLOWUPS), (self.tasks, TASKS)

    @property
    def total(self) -> int:
        return self.first_calls + self.followups + self.tasks


@dataclass(frozen=True)
class Words:
    """What the picture says, in the reader's language."""

    title: str
    subtitle: str
    funnel: str
    overdue: str
    nothing: str
    first_calls: str
    followups: str
    tasks: str
    more: Callable[[int], str]


def week_picture(words: Words, funnel: Sequence[Bar], loads: Sequence[Load]) -> bytes:
    """A PNG 1080 pixels wide, to be read on a phone."""
    rows = max(1, min(len(loads), PEOPLE) + (len(loads) > PEOPLE))
    upper, lower = TITLE + ROW * len(funnel), TITLE + ROW * rows + ROW * bool(loads)
    page = Page(HEAD + upper + PAD + lower + PAD)
    _head(page, words)
    _funnel(page, page.axes(HEAD, upper), words, funnel)
    _loads(page, page.axes(HEAD + upper + PAD, lower), words, loads)
    return page.png()


def _head(page: Page, words: Words) -> None:
    axes = page.axes(0, HEAD)
    page.write(axes, LEFT, 0.42, shorten(words.title, 40), 23)
    page.write(axes, LEFT, 0.84, shorten(words.subtitle, 60), 14, color=MUTED)


def _section(page: Page, axes: Axes, title: str) -> None:
    axes.plot((LEFT, RIGHT), (0.12, 0.12), color=RULE, linewidth=1)
    page.write(axes, LEFT, 0.44, title, 17)


def _funnel(page: Page, axes: Axes, words: Words, funnel: Sequence[Bar]) -> None:
    """Bars about one middle, as wide as there are deals; none is too thin to be seen."""
    _section(page, axes, words.funnel)
    widest = max((bar.count for bar in funnel), default=0) or 1
    middle, half = 0.53, 0.2
    for index, bar in enumerate(funnel):
        y = TITLE + ROW * (index + 0.5)
        reach = max(half * bar.count / widest, 0.004)
        axes.barh(y, 2 * reach, height=ROW * 0.74, left=middle - reach, color=WON if bar.won else FUNNEL,
                  alpha=1.0 if bar.count else 0.25)  # fmt: skip
        page.write(axes, LEFT, y, shorten(bar.name, NAME_COLUMNS + 4))
        inside = reach > 0.045
        page.write(axes, middle if inside else middle + reach + 0.015, y, str(bar.count), 17,
                   color="white" if inside else INK, ha="center" if inside else "left")  # fmt: skip
        page.write(axes, RIGHT, y, bar.beside, 14, color=MUTED, ha="right")


def _loads(page: Page, axes: Axes, words: Words, loads: Sequence[Load]) -> None:
    """One bar a colleague, its parts by kind; the rest of them in one line."""
    _section(page, axes, words.overdue)
    if not loads:
        page.write(axes, LEFT, TITLE + ROW / 2, words.nothing, color=WON)
        return
    most = max(load.total for load in loads) or 1
    for index, load in enumerate(loads[:PEOPLE]):
        _load(page, axes, TITLE + ROW * (index + 0.5), load, 0.52 / most)
    after = TITLE + ROW * min(len(loads), PEOPLE)
    if len(loads) > PEOPLE:
        page.write(axes, LEFT, after + ROW / 2, words.more(len(loads) - PEOPLE), 14, color=MUTED)
        after += ROW
    _legend(page, axes, after + ROW * 0.62, words)


def _load(page: Page, axes: Axes, y: float, load: Load, scale: float) -> None:
    page.write(axes, LEFT, y, shorten(load.name, NAME_COLUMNS))
    left = 0.32
    for count, colour in load.parts:
        axes.barh(y, count * scale, height=ROW * 0.62, left=left, color=colour)
        left += count * scale
    page.write(axes, left + 0.015, y, str(load.total), 17)


def _legend(page: Page, axes: Axes, y: float, words: Words) -> None:
    kinds = ((words.first_calls, CALLS), (words.followups, FOLLOWUPS), (words.tasks, TASKS))
    for index, (name, colour) in enumerate(kinds):
        x = LEFT + index * 0.3
        axes.barh(y, 0.022, height=0.18, left=x, color=colour)
        page.write(axes, x + 0.035, y, shorten(name, 18), 14, color=MUTED)
