"""Pictures are drawn with the font we bring along, on any machine, and say in words what they show."""

from __future__ import annotations

import subprocess
import sys
import warnings
from io import BytesIO
from typing import Any

import pytest

from bot.pictures.canvas import DPI, WIDTH, clean, font_file, shorten
from bot.pictures.week import PEOPLE, Bar, Load, Words, week_picture

WORDS = Words(
    title="星驰浦东店周报", subtitle="11.16–11.22", funnel="商机漏斗", overdue="超时未办", nothing="没有超时的事",
    first_calls="首次联系", followups="跟进", tasks="待办", more=lambda n: f"还有{n}人",
)  # fmt: skip
FUNNEL = [Bar("新线索", 12, "288万元"), Bar("谈判", 0), Bar("成交", 2, "¥0.5M", won=True)]


def size(png: bytes) -> tuple[int, int]:
    from matplotlib import image

    height, width = image.imread(BytesIO(png), format="png").shape[:2]
    return width, height


@pytest.mark.parametrize("people", [0, 1, PEOPLE, PEOPLE + 5])
def test_it_is_a_png_of_a_phones_width_and_grows_with_the_people(people: int) -> None:
    loads = [Load(f"顾问{n}", 1, n, 2) for n in range(people)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = week_picture(WORDS, FUNNEL, loads)
    width, height = size(png)
    assert width == WIDTH * DPI
    assert width * 0.5 < height < width * 2
    assert len(png) < 300_000


def test_nothing_in_the_pipeline_and_nobody_late_is_a_picture_too() -> None:
    assert size(week_picture(WORDS, [Bar("新线索", 0)], []))[0] == WIDTH * DPI


@pytest.mark.parametrize(
    "name", ["😀王强", "林佳$x^2$", "\\frac{1}{2}", "𠮷野家", "a\x00b", "$", "한국", "اسم"]
)
def test_odd_names_neither_warn_nor_break_it(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        week_picture(WORDS, [Bar(name, 1)], [Load(name, 1, 1, 1)])


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("陈晓明", 12, "陈晓明"),
        ("欧阳震华很长的名字", 12, "欧阳震华很长…"),
        ("Alexander", 5, "Alexa…"),
        ("", 5, ""),
    ],
)
def test_long_names_are_cut_with_a_mark(text: str, columns: int, short: str) -> None:
    assert shorten(text, columns) == short


def test_what_the_font_cannot_draw_is_left_out() -> None:
    assert clean("😀王强") == "王强"
    assert clean("漏斗 直今户底复骨 ·→–…") == "漏斗 直今户底复骨 ·→–…"


def test_every_word_of_the_chinese_texts_can_be_drawn() -> None:
    from bot.texts import Texts

    texts = Texts.load()
    words = "".join(texts.under("digest", "zh") + texts.under("digest", "en"))
    assert clean(words) == words.strip()


def test_every_text_is_drawn_with_the_font_that_comes_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    used: list[Any] = []
    write = Axes.text

    def noted(self: Axes, *args: Any, **kwargs: Any) -> Any:
        used.append(kwargs["fontproperties"].get_file())
        return write(self, *args, **kwargs)

    monkeypatch.setattr(Axes, "text", noted)
    week_picture(WORDS, FUNNEL, [Load("陈晓明", 1, 0, 0)])
    assert len(used) > 10
    assert set(used) == {str(font_file())}
    assert font_file().is_file()


def test_matplotlib_waits_until_the_first_picture() -> None:
    code = "import sys, bot.cards, bot.skills, bot.pictures.week; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
