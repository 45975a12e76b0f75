"""The week's picture on its way to a manager: kept sealed and once, his own, and no condition for the figures."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cards.draw import draw
from bot.pictures import canvas
from bot.ports import Outbound
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.messages import Image
from crm_core.insights.messages import SetDigest
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import NotFound
from crm_core.kernel.tables import Blob
from tests.core.deals.house import House


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    built = House(core, clock).build()
    built.deal(name="何静")
    return built


def drawn(house: House, who: str = "manager1", **more: Any) -> Outbound:
    params = {"on": "2026-03-14", **more}
    return draw("digest_weekly", "", params, house.core, house.actors[who], Texts.load())


def test_it_is_kept_sealed_once_and_for_him_alone(house: House) -> None:
    first, again = drawn(house), drawn(house)
    assert first.image is not None
    assert first.image == again.image
    (blob,) = house.rows(Blob)
    assert not blob.content.startswith(b"\x89PNG")
    shown = house.ask("manager1", Image(image_id=first.image["url"].rpartition("/")[2]))
    assert (shown.mime, shown.content[:4]) == ("image/png", b"\x89PNG")
    with pytest.raises(NotFound):
        house.ask("rep1", Image(image_id=blob.id))


def test_its_description_is_in_his_language(house: House) -> None:
    zh, en = drawn(house, language="zh"), drawn(house, language="en")
    assert zh.image is not None
    assert en.image is not None
    assert "商机漏斗：新线索 1" in zh.image["alt"]
    assert "Deals by stage: new 1" in en.image["alt"]


def test_without_a_font_the_figures_come_all_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "PACKAGE", "no_such_package")
    canvas.font_file.cache_clear()
    try:
        out = drawn(house)
    finally:
        canvas.font_file.cache_clear()
    assert out.image is None
    assert out.card is not None
    assert "商机漏斗" in {field.k for field in out.card.fields}


def test_nothing_to_draw_is_no_picture(house: House) -> None:
    house.do("region1", SetDigest(digest="weekly", enabled=True))
    with house.core.database.write() as session:
        for table in ("deals", "followups"):
            session.connection().exec_driver_sql(f"delete from {table}")
    out = drawn(house)
    assert out.image is None
    assert out.card is not None


def test_whoever_may_not_see_reports_any_more_sees_that_it_is_gone(house: House) -> None:
    out = drawn(house, "rep1")
    assert out.image is None
    assert out.card is not None
    assert (out.card.title, out.card.status) == ("这条信息现在看不到了", "已不可查看")
