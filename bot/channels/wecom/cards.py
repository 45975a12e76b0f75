"""Our messages as the platform's: text, pictures and template cards. Pure; what does not fit goes out as text first.

Lengths are counted as they are drawn: a Chinese character takes the room of two Latin ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from unicodedata import east_asian_width

from bot.ports import Button, Capabilities, Card, Outbound, Style
from bot.reception.degrade import card_words, cut, fit, is_chinese, pieces, words

Part = dict[str, Any]

MAX_TEXT = 2048
# In halves: what the platform suggests, so that nothing is cut where nobody can unfold it.
TITLE, DESC, KEY, VALUE, NOTE, SOURCE, QUOTE = 72, 88, 10, 52, 224, 26, 160
MAX_FIELDS, MAX_BUTTONS, MAX_OPTIONS, MAX_LABEL, OPTION = 6, 6, 20, 10, 40
SELECTS, SELECT_OPTIONS = 3, 9
# In bytes: of an article.
ARTICLE_TITLE, ARTICLE_TEXT = 128, 512
CHOICE, NOTHING = "choose", "-"
# Before the id of the button that sends a form off.
FORM = "form:"
# Before a task's name where the platform's name of a message is kept: such a message can be changed.
CARD = "card:"
STYLES = {Style.PRIMARY: 1, Style.DEFAULT: 4, Style.DANGER: 3}
# What somebody typed must not become a link or a colour: the platform's markdown knows no escape.
_PLAIN = str.maketrans("[]<>`*#", "［］＜＞｀＊＃")
_SUBMIT = {True: "确定", False: "OK"}
_CHOOSE = {True: "请选择", False: "Choose"}


@dataclass(frozen=True)
class Frame:
    """What every message carries: its reference, its task's name, and where a card without buttons leads.

    `picture` is the address its picture can be fetched from, where it has one.
    """

    ref: str
    task: str
    home: str = ""
    picture: str = ""


def parts(message: Outbound, frame: Frame, can: Capabilities) -> list[Part]:
    """The requests a message becomes, in the order to send; a part of a picture names its image as `picture`."""
    if _is_article(message, frame):
        return _article_parts(message, frame)
    found: list[Part] = []
    for one in fit(message, _room_for(message.card, can)):
        if one.image:
            found.append({"msgtype": "image", "image": {"media_id": ""}, "picture": one.image})
        if one.text:
            found.append(text_part(one.text, frame.ref))
        if one.card:
            found += _card_parts(one.card, frame)
    return found or [text_part("…", frame.ref)]


def text_part(said: str, ref: str) -> Part:
    """Plain text with its reference, which keeps two messages of the same words apart."""
    room = MAX_TEXT - len(ref) - 1
    return {"msgtype": "text", "text": {"content": f"{pieces(said, room)[0]}\n{ref}"}}


def markdown_parts(card: Card, ref: str) -> list[Part]:
    """A card with its title in bold and its lines quoted, in as many messages as it takes."""
    end = f'\n<font color="comment">{ref}</font>'
    title, _, rest = card_words(card).translate(_PLAIN).partition("\n")
    quoted = "\n".join(f">{line}" for line in rest.split("\n"))
    whole = f"**{pieces(title, MAX_TEXT // 2)[0]}**\n{quoted}"
    return [
        {"msgtype": "markdown", "markdown": {"content": piece + end}}
        for piece in pieces(whole, MAX_TEXT - len(end.encode()))
    ]


def plain_parts(message: Outbound, ref: str) -> list[Part]:
    """Everything it says as text, for what the platform refuses to draw."""
    return _texts(words(message), ref)


def _texts(said: str, ref: str) -> list[Part]:
    return [text_part(piece, ref) for piece in pieces(said, MAX_TEXT - len(ref) - 1)]


# Articles


def _is_article(message: Outbound, frame: Frame) -> bool:
    """A picture that leads somewhere, with a card there is nothing to press on."""
    leads = bool(frame.picture and message.image and message.image.get("link"))
    return leads and message.card is not None and not message.card.buttons


def _article_parts(message: Outbound, frame: Frame) -> list[Part]:
    """The picture and its words in one message; before it, as markdown, what an article has no room for."""
    card, image = message.card, message.image
    assert card is not None
    assert image is not None
    said = _texts(message.text, frame.ref) if message.text else []
    end = f"\n{frame.ref}"
    about = card_words(replace(card, title=""))
    room = ARTICLE_TEXT - len(end.encode())
    if len(card.title.encode()) > ARTICLE_TITLE or len(about.encode()) > room:
        said += markdown_parts(card, frame.ref)
    article = {
        "title": clip_bytes(card.title, ARTICLE_TITLE), "description": clip_bytes(about, room) + end,
        "url": image["link"], "picurl": frame.picture,
    }  # fmt: skip
    return [*said, {"msgtype": "news", "news": {"articles": [article]}}]


def clip_bytes(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, never half a character, with an ellipsis where something is left out."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most:
        return text
    return raw[: most - len("…".encode())].decode("utf-8", "ignore").rstrip() + "…"


def _room_for(card: Card | None, can: Capabilities) -> Capabilities:
    """A list of lines to press is drawn as options, of which there may be more than buttons."""
    if card is not None and _is_form(card):
        return replace(can, max_buttons=MAX_OPTIONS + 1, max_label=OPTION)
    if card is None or len(card.buttons) <= MAX_BUTTONS:
        return can
    lined = sum(button.line is not None for button in card.buttons)
    if lined * 2 < len(card.buttons):
        return can
    most = MAX_OPTIONS if len(card.buttons) <= MAX_OPTIONS else SELECTS * SELECT_OPTIONS
    return replace(can, max_buttons=most, max_label=OPTION)


# Cards


def _card_parts(card: Card, frame: Frame) -> list[Part]:
    """The card; before it, as markdown, everything it says when it is more than the card shows."""
    before = [] if _shows_all(card) else markdown_parts(card, frame.ref)
    if not card.buttons and (before or not frame.home):
        return before or [text_part(card_words(card), frame.ref)]
    return [*before, {"msgtype": "template_card", "template_card": template(card, frame)}]


def template(card: Card, frame: Frame, *, task: bool = True) -> dict[str, Any]:
    """The template card. `task=False` for one that takes another's place: it keeps that one's task."""
    found: dict[str, Any] = {
        "card_type": "text_notice",
        "source": {"desc": clip(frame.ref, SOURCE), "desc_color": 0},
        "main_title": _filled(title=clip(card.title, TITLE), desc=clip(card.status or "", DESC)),
    }
    if card.note:
        found["sub_title_text"] = clip(card.note, NOTE)
    if card.fields:
        found["horizontal_content_list"] = [
            {"keyname": clip(one.k, KEY) or "·", "value": clip(_value(one.v, one.was), VALUE) or "—"}
            for one in card.fields[:MAX_FIELDS]
        ]
    if card.sources:
        source = card.sources[0]
        found["quote_area"] = {
            "type": 0,
            "title": clip(source.title, TITLE),
            "quote_text": clip(source.detail, QUOTE),
        }
    found |= _pressable(card, frame.home)
    if task and card.buttons:
        found["task_id"] = frame.task
    return found


def _pressable(card: Card, home: str) -> dict[str, Any]:
    """Buttons, options or lists of options, by how many there are; without any, where a press leads."""
    count = len(card.buttons)
    if not count:
        return {"card_action": {"type": 1, "url": home}}
    if _is_form(card):
        return _form(card)
    if count <= MAX_BUTTONS:
        return {"card_type": "button_interaction", "button_list": [_button(one) for one in card.buttons]}
    chinese = is_chinese(card.title + card.buttons[0].label)
    submit = {"submit_button": {"text": _SUBMIT[chinese], "key": CHOICE}}
    if count <= MAX_OPTIONS:
        options = [
            {"id": one.id, "text": clip(one.label, OPTION), "is_checked": False} for one in card.buttons
        ]
        checkbox = {"question_key": CHOICE, "mode": 0, "option_list": options}
        return {"card_type": "vote_interaction", "checkbox": checkbox} | submit
    return {"card_type": "multiple_interaction", "select_list": _selects(card.buttons, chinese)} | submit


def _is_form(card: Card) -> bool:
    """Whether several of its buttons may be chosen together, and one sends them off."""
    boxes = sum(one.ticked is not None for one in card.buttons)
    return boxes > 0 and len(card.buttons) == boxes + 1


def _form(card: Card) -> dict[str, Any]:
    """Boxes to tick, with the platform's own marks, and the button that sends them off."""
    boxes = [
        {"id": one.id, "text": clip(one.label.lstrip("☐☑ "), OPTION), "is_checked": one.ticked}
        for one in card.buttons
        if one.ticked is not None
    ]
    send = next(one for one in card.buttons if one.ticked is None)
    return {
        "card_type": "vote_interaction",
        "checkbox": {"question_key": CHOICE, "mode": 1, "option_list": boxes},
        "submit_button": {"text": cut(send.label, MAX_LABEL), "key": FORM + send.id},
    }


def _button(button: Button) -> dict[str, Any]:
    return {"text": cut(button.label, MAX_LABEL), "style": STYLES[button.style], "key": button.id}


def _selects(buttons: tuple[Button, ...], chinese: bool) -> list[dict[str, Any]]:
    """Lists of nine each; every one begins with nothing chosen."""
    groups = [buttons[at : at + SELECT_OPTIONS] for at in range(0, len(buttons), SELECT_OPTIONS)][:SELECTS]
    return [
        {
            "question_key": f"{CHOICE}{n}", "title": f"{_CHOOSE[chinese]} {n}", "selected_id": NOTHING,
            "option_list": [{"id": NOTHING, "text": "—"}]
            + [{"id": one.id, "text": clip(one.label, OPTION)} for one in group],
        }
        for n, group in enumerate(groups, start=1)
    ]  # fmt: skip


def _shows_all(card: Card) -> bool:
    """Whether the template has room for everything the card says."""
    return (
        len(card.fields) <= MAX_FIELDS
        and len(card.sources) <= 1
        and width(card.title) <= TITLE
        and width(card.status or "") <= DESC
        and width(card.note or "") <= NOTE
        and all(width(one.k) <= KEY and width(_value(one.v, one.was)) <= VALUE for one in card.fields)
        and all(width(one.detail) <= QUOTE and width(one.title) <= TITLE for one in card.sources)
        and not any(one.words and one.words != one.v for one in card.fields)
    )


def _value(value: str, was: str | None) -> str:
    return value if was is None else f"{was} → {value}"


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def width(text: str) -> int:
    """How many halves of a Chinese character a text takes."""
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)


def clip(text: str, most: int) -> str:
    """At most so many halves on one line, with an ellipsis where something is left out."""
    line = " ".join(text.split())
    if width(line) <= most:
        return line
    kept, room = "", most - 2
    for char in line:
        room -= width(char)
        if room < 0:
            break
        kept += char
    return kept.rstrip() + "…"


# Changes


def as_shown(body: dict[str, Any]) -> Outbound:
    """A kept message as it was shown: its buttons have ids and no verbs."""
    card = body.get("card")
    if card:
        buttons = [{"verb": "", "params": {}, **button} for button in card.get("buttons", ())]
        body = body | {"card": card | {"buttons": buttons}}
    return Outbound.from_dict(body)


def change(card: Card, before: Card | None, frame: Frame) -> dict[str, Any]:
    """How a sent card is changed: its buttons turn grey and say the status, or the whole card is another."""
    status = card.status or ""
    only_over = before is not None and not card.buttons and (card.title, card.fields, card.note) == (
        before.title, before.fields, before.note)  # fmt: skip
    if only_over and before and before.buttons and status and len(status) <= MAX_LABEL:
        return {"button": {"replace_name": status}}
    if not card.buttons and not frame.home:
        return {"button": {"replace_name": cut(status or card.title, MAX_LABEL)}}
    return {"template_card": template(card, frame, task=False)}


def notice(message: Outbound, before: Outbound | None) -> Outbound | None:
    """What is sent where nothing can be changed: a line for what is over, the card anew when it can do more.

    None when nothing changed that its reader has to know: fewer buttons that do the same are no news.
    """
    card, old = message.card, before.card if before else None
    if card is None:
        return replace(message, text=f"↪ {message.text}") if message.text else None
    had = {button.label for button in old.buttons} if old else set()
    if card.buttons:
        more = old is None or not {button.label for button in card.buttons} <= had
        return replace(message, card=replace(card, title=f"↪ {card.title}")) if more else None
    if old is not None and not had and (card.title, card.status) == (old.title, old.status):
        return None
    return Outbound(
        text="\n".join(filter(None, (f"↪ {card.status or card.title}", card.status and card.title)))
    )
