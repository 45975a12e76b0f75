"""Whatever a card says, the platform draws it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.app import CAPABILITIES
from bot.channels.wecom.cards import Frame, clip, markdown_parts, parts, width
from bot.ports import Button, Card, Field, Outbound, Source, Style
from tests.support.fakes.wecom_cards import wrong_with

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60) | st.just(
    "保养提醒" * 40
)
BUTTONS = st.lists(
    st.builds(
        lambda label, style, line: (label, style, line), WORDS, st.sampled_from(Style), st.none() | st.just(1)
    ),
    max_size=30,
).map(
    lambda found: tuple(
        Button(label, "", style=style, line=line, id=f"id{n}") for n, (label, style, line) in enumerate(found)
    )
)
CARDS = st.builds(
    Card, st.just("any"), WORDS,
    st.lists(st.builds(Field, WORDS, WORDS, st.none() | WORDS, st.none() | WORDS), max_size=12).map(tuple),
    BUTTONS, st.none() | WORDS, st.none(), st.none() | st.text(max_size=3_000),
    st.lists(st.builds(Source, WORDS, WORDS), max_size=3).map(tuple),
)  # fmt: skip
MESSAGES = st.builds(Outbound, st.none() | st.text(max_size=5_000), st.none() | CARDS)
FRAMES = st.sampled_from(
    [Frame("#A17-2", "A17-2-0123abcd", "https://crm.example/"), Frame("#A17-2", "A17-2-0123abcd")]
)


@given(MESSAGES, FRAMES)
def test_every_part_is_taken(message: Outbound, frame: Frame) -> None:
    for part in parts(message, frame, CAPABILITIES):
        if part["msgtype"] in ("text", "markdown"):
            said = part[part["msgtype"]]["content"]
            assert 0 < len(said.encode()) <= 2048
            assert frame.ref in said[-40:]
        else:
            assert wrong_with(part["template_card"]) == 0
            assert frame.ref in part["template_card"]["source"]["desc"]


@given(MESSAGES, FRAMES)
def test_every_button_that_fits_can_be_pressed(message: Outbound, frame: Frame) -> None:
    buttons = message.card.buttons if message.card else ()
    drawn = str(parts(message, frame, CAPABILITIES))
    shown = [one for one in buttons if f"'{one.id}'" in drawn]
    assert len(shown) == len(buttons) or ("more:" in drawn and shown)


@given(st.text(), st.integers(4, 80))
def test_clip_keeps_to_its_room(text: str, most: int) -> None:
    found = clip(text, most)
    assert width(found) <= most
    assert "\n" not in found


@given(WORDS, WORDS)
def test_markdown_says_what_was_typed_and_does_nothing_else(title: str, value: str) -> None:
    card = Card(
        "any", f"[{title}](https://evil.example)", (Field("备注", f'<font color="info">{value}</font>'),)
    )
    for part in markdown_parts(card, "#A17-2"):
        said = part["markdown"]["content"].removesuffix('<font color="comment">#A17-2</font>')
        assert not set("[]<`") & set(said)
