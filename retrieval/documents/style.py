"""What a page's styles hide: enough of CSS for text nobody sees, which is how readers of pages are misled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(r"^(?:([a-z][a-z0-9]*)|\.([\w-]+)|#([\w-]+))$", re.I)
_GONE = re.compile(r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?:;|$)")
_TINY = re.compile(r"font-size:(?:0(?:\.\d+)?|1)(?:px|pt|em|rem|%)?(?:;|$|!)")
_AWAY = re.compile(
    r"(?:text-indent|left|top|right|margin-left):-\d{3,}|clip:rect\(0|clip-path:inset\((?:50|100)%"
)
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_BACK = re.compile(r"background(?:-color)?:([^;!]+)")
_WHITE = {"#ffffff", "#fffafa", "#fefefe", "#fdfdfd"}
_NAMED = {"white": "#ffffff", "black": "#000000", "snow": "#fffafa", "red": "#ff0000", "blue": "#0000ff",
          "yellow": "#ffff00",
          "green": "#008000", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0", "navy": "#000080"}  # fmt: skip
_MAX_RULES = 2000


@dataclass(slots=True)
class Styles:
    """Rules of one simple selector; what depends on more is not followed."""

    tags: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Any) -> Styles:
        made = cls()
        css = "".join(node.text or "" for node in root.iter("style"))[:500_000]
        for selectors, body in _RULE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))[:_MAX_RULES]:
            for selector in selectors.split(","):
                if found := _SELECTOR.match(selector.strip()):
                    for name, known in zip(found.groups(), (made.tags, made.classes, made.ids), strict=True):
                        if name:
                            known[name] = f"{known.get(name, '')};{_tight(body)}"
        return made

    def hides(self, node: Any) -> str:
        """Why the node cannot be seen, empty when it can."""
        if node.get("hidden") is not None:
            return "hidden"
        style = self._style(node)
        if not style:
            return ""
        if _GONE.search(style):
            return "hidden"
        if _TINY.search(style) or _AWAY.search(style):
            return "tiny"
        return "same colour" if self._same_colour(node, style) else ""

    def _style(self, node: Any) -> str:
        parts = [self.tags.get(node.tag, "")]
        parts += [self.classes.get(name, "") for name in (node.get("class") or "").split()[:20]]
        parts += [self.ids.get(node.get("id") or "", ""), _tight(node.get("style") or "")]
        if node.tag == "font" and node.get("color"):
            parts.append(f"color:{_tight(node.get('color'))}")
        return ";".join(filter(None, parts))

    def _same_colour(self, node: Any, style: str) -> bool:
        colour = _last(_COLOUR, style)
        if not colour:
            return False
        back = _last(_BACK, style)
        above = node.getparent()
        while not back and above is not None:
            back = _last(_BACK, self._style(above)) or _canonical(_tight(above.get("bgcolor") or ""))
            above = above.getparent()
        back = back or "#ffffff"
        return colour == "transparent" or colour == back or (colour in _WHITE and back in _WHITE)


def _tight(style: str) -> str:
    return re.sub(r"\s+", "", style[:2000]).lower()


def _last(pattern: re.Pattern[str], style: str) -> str:
    found = pattern.findall(style)
    return _canonical(str(found[-1])) if found else ""


def _canonical(colour: str) -> str:
    """One spelling for each colour: black, #000 and rgb(0,0,0) are the same."""
    if named := _NAMED.get(colour):
        return named
    if re.fullmatch(r"#[0-9a-f]{3}", colour):
        return "#" + "".join(2 * digit for digit in colour[1:])
    if parts := re.fullmatch(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,1(?:\.0*)?)?\)", colour):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in parts.groups())
    return colour
