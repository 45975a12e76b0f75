"""A white page of a phone's width, text with the packaged font, and the page as PNG."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PACKAGE, FILE = "notojp_matplotlib", "fonts/NotoSansCJKjp-Regular.otf"
# One file holds the forms of every script; the language chooses, or 直 and 角 would look Japanese.
SCRIPT = "zh-Hans"
WIDTH, DPI = 7.5, 144
INK, MUTED, RULE = "#1c2430", "#5d6878", "#dfe4ea"


@cache
def font_file() -> Path:
    """The font that is installed with us; nothing is expected of the machine. Raises FileNotFoundError."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {PACKAGE} with the font for pictures is not installed")
    return Path(spec.origin).parent / FILE


@cache
def _drawable() -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(str(font_file())).get_charmap())


def clean(text: str) -> str:
    """The text without what the font has no sign for, such as an emoji in somebody's name."""
    return "".join(sign for sign in text if ord(sign) in _drawable()).strip()


def shorten(text: str, columns: int) -> str:
    """At most so many columns, a Chinese sign being two; what is cut is marked."""
    kept, used = "", 0
    for sign in clean(text):
        used += 2 if east_asian_width(sign) in "WF" else 1
        if used > columns:
            return kept.rstrip() + "…"
        kept += sign
    return kept


class Page:
    """A page one writes and draws on; sizes in points, places in the axes' own units."""

    def __init__(self, height: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.font_manager import FontProperties

        self.figure: Figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
        self._canvas = FigureCanvasAgg(self.figure)
        self._font = FontProperties(fname=str(font_file()))
        self.height = height

    def axes(self, top: float, height: float) -> Axes:
        """A band of the page, `top` and `height` in inches, with x from 0 to 1 and y downwards in inches."""
        bottom = 1 - (top + height) / self.height
        found = self.figure.add_axes((0.0, bottom, 1.0, height / self.height))
        found.set_xlim(0, 1)
        found.set_ylim(height, 0)
        found.set_axis_off()
        return found

    def write(self, axes: Axes, x: float, y: float, text: str, size: float = 16, **style: Any) -> None:
        """Text as it is: nothing in it is taken for a formula."""
        style = {"color": INK, "va": "center"} | style
        axes.text(x, y, clean(text), fontproperties=self._font, fontsize=size, language=SCRIPT,
                  parse_math=False, **style)  # fmt: skip

    def png(self) -> bytes:
        found = BytesIO()
        self.figure.savefig(found, format="png", dpi=DPI, metadata={"Software": None})
        return found.getvalue()
