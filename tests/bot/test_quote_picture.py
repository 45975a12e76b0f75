"""The picture of a quote: a PNG of a phone's width, its maker's own, and none of a quote that no longer holds."""

from __future__ import annotations

import pytest

from bot.cards.base import Easel
from bot.cards.quote_picture import quote_as_picture
from bot.pictures.canvas import DPI, WIDTH
from bot.pictures.quote import quote_picture
from bot.texts import Texts, Voice
from crm_core.api import Core
from crm_core.chat.messages import Image
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import NotFound, Refused
from crm_core.kernel.tables import Blob
from crm_core.quotes.messages import CreateQuote
from tests.bot.test_pictures import size
from tests.core.deals.house import House


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    return House(core, clock).build()


def easel(house: House, who: str) -> Easel:
    actor = house.actors[who]
    return Easel(house.core, actor, Voice(Texts.load(), actor.language, actor.zone, house.core.now()))


def quoted(house: House) -> str:
    deal = house.deal(name="何静")
    return house.do("rep1", CreateQuote(deal_id=deal, title="ES6", price_fen=30_000_000)).id


@pytest.mark.parametrize("title", ["报价单", "Quotation " * 20, "🚗", "$x^2$"])
def test_any_words_fit(title: str) -> None:
    png = quote_picture("浦东店", title, [("客户", title), ("车型", title)], ("优惠后", "1元"), [title])
    width, height = size(png)
    assert width == round(WIDTH * DPI)
    assert height > 500


def test_kept_once_for_whoever_made_it(house: House) -> None:
    quote = quoted(house)
    first, again = (quote_as_picture(easel(house, "rep1"), quote) for _ in range(2))
    assert first.image is not None
    assert first == again
    assert len(house.rows(Blob)) == 1
    image = Image(image_id=first.image["url"].rpartition("/")[2])
    assert house.ask("rep1", image).content.startswith(b"\x89PNG")
    with pytest.raises(NotFound):
        house.ask("manager1", image)


def test_none_for_a_stranger_or_when_it_is_over(house: House) -> None:
    quote = quoted(house)
    with pytest.raises(NotFound):
        quote_as_picture(easel(house, "rep2"), quote)
    house.clock.advance(days=60)
    with pytest.raises(Refused, match="quote_over"):
        quote_as_picture(easel(house, "rep1"), quote)
