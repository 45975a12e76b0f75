"""People's phones on every channel, seen and used in one way: what a contract between channels is told in."""

from __future__ import annotations

import contextlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crm_core.api import Core
from crm_core.chat.messages import BindAccount
from crm_core.kernel.ids import new_id
from crm_core.kernel.tables import Inbox, Outbox
from tests.support.fakes.telegram import FakeTelegram, Message, User
from tests.support.fakes.wecom import Accepted, FakeWecom, fake_wecom
from tests.support.fakes.wecom_site import wecom_site
from tests.support.page import Page, text_of
from tests.support.server import free_port
from tests.support.site import Site, bot_settings, served

PEOPLE = ("rep1", "rep2", "rep3", "manager1", "admin1")
BOT, CUSTOMERS = "7000000001:staff-token-for-tests", "7000000002:customer-token-for-tests"
SECRET = "a-webhook-secret-for-tests-0123456789"
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Sight:
    """A message as its reader sees it at one instant. `handle` finds it again."""

    text: str
    buttons: tuple[str, ...]
    handle: Any
    picture: bool = False


class Phones(ABC):
    """Everybody's phone on one channel. `edits`: a sent card changes in place when its record does."""

    name: str
    edits = True
    core: Core
    site: Site

    @abstractmethod
    def says(self, who: str, text: str) -> None:
        """Somebody writes."""

    @abstractmethod
    def sights(self, who: str) -> list[Sight]:
        """What somebody sees, oldest first, as it is now."""

    @abstractmethod
    def press(self, who: str, sight: Sight, label: str, times: int = 1) -> None:
        """Press a button as it was drawn in this sight, whoever it was shown to and whatever became of it."""

    @abstractmethod
    def sends_picture(self, who: str, content: bytes, words: str) -> None:
        """Somebody sends a picture and says whose it is: below it, or after it where that is how it is done."""

    @abstractmethod
    def shown(self, who: str) -> bytes:
        """The newest picture somebody sees."""

    def now(self, who: str, sight: Sight) -> Sight:
        """The same message as it is drawn now."""
        return next(one for one in self.sights(who) if one.handle == sight.handle)

    def sees(self, who: str, words: str, *, after: int = 0, button: str = "") -> Sight:
        """The newest message with these words (and this button), waited for; `after` so many were there already."""
        def found() -> Sight | None:
            seen = self.sights(who)[after:]
            fits = [one for one in seen if words in one.text and (not button or button in one.buttons)]
            return fits[-1] if fits else None

        sight: Sight = self.until(found, f"{who} sees {words!r} [{button}]; he sees {[s.text for s in self.sights(who)]}")
        return sight

    def count(self, who: str, words: str) -> int:
        return sum(words in one.text for one in self.sights(who))

    def asks(self, who: str, text: str, words: str, button: str = "") -> Sight:
        """Somebody writes, and gets an answer with these words."""
        before = len(self.sights(who))
        self.says(who, text)
        return self.sees(who, words, after=before, button=button)

    def until(self, true: Callable[[], Any], what: str = "") -> Any:
        end = time.monotonic() + PATIENCE_S
        while not (found := true()):
            assert time.monotonic() < end, f"in vain: {what}"
            self.wait(0.03)
        return found

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def settle(self) -> None:
        """Until everything that came is worked off and everything due is sent."""
        def quiet() -> bool:
            with self.core.database.read() as session:
                rows = [session.execute(select(table.id).where(table.state.in_((0, 1))).limit(1)).first()
                        for table in (Inbox, Outbox)]  # fmt: skip
            return rows == [None, None]

        self.until(quiet, "nothing waits")
        self.wait(0.1)


class WebPhones(Phones):
    """Pages of the web chat."""

    name = "web"

    def __init__(self, site: Site) -> None:
        self.site, self.core = site, site.core
        self._pages = {who: site.page(who) for who in PEOPLE}

    def close(self) -> None:
        for page in self._pages.values():
            page.close()

    def wait(self, seconds: float) -> None:
        for page in self._pages.values():
            page.receive(seconds / len(self._pages))

    def _page(self, who: str) -> Page:
        page = self._pages[who]
        while page.receive(0.001) is not None:
            continue
        return page

    def says(self, who: str, text: str) -> None:
        self._page(who).say(text, wait=False)

    def sends_picture(self, who: str, content: bytes, words: str) -> None:
        headers = {"Cookie": self.site.cookie(who), "Content-Type": "image/jpeg"}
        kept = self.site.http.post("/media", content=content, headers=headers).json()["id"]
        before = len(self.sights(who))
        self._page(who).send({"t": "image", "id": new_id(), "media": kept})
        self.until(lambda: len(self.sights(who)) > before, "he is asked whose it is")
        self.says(who, words)

    def shown(self, who: str) -> bytes:
        pictures = [m["image"]["url"] for _, m in sorted(self._page(who).messages.items()) if m.get("image")]
        return self.site.http.get(pictures[-1], headers={"Cookie": self.site.cookie(who)}).content

    def sights(self, who: str) -> list[Sight]:
        page = self._page(who)
        found = []
        for seq, message in sorted(page.messages.items()):
            if message["dir"] == "out":
                buttons = (message["card"] or {}).get("buttons", ())
                ids = tuple((b["label"], b["id"]) for b in buttons)
                found.append(Sight(text_of(message), tuple(label for label, _ in ids), seq, bool(message.get("image"))))
        return found

    def press(self, who: str, sight: Sight, label: str, times: int = 1) -> None:
        action = self._ids[sight.handle, label]
        for _ in range(times):
            self._page(who).press_id(action, wait=False)

    @property
    def _ids(self) -> dict[tuple[int, str], str]:
        found: dict[tuple[int, str], str] = {}
        for page in self._pages.values():
            for frame in page.frames:
                messages = frame.get("messages", []) + ([frame["m"]] if frame["t"] == "msg" else [])
                for message in messages:
                    for one in (message.get("card") or {}).get("buttons", ()):
                        found[message["seq"], one["label"]] = one["id"]
        return found


class TelegramPhones(Phones):
    """Private chats with the staff's bot, polled or called."""

    def __init__(self, site: Site, telegram: FakeTelegram, mode: str) -> None:
        self.site, self.core, self.telegram, self.name = site, site.core, telegram, f"telegram, {mode}"
        self.users = {who: User(2001 + n, who, "zh-hans") for n, who in enumerate(PEOPLE)}
        self._data: dict[tuple[int, str], str] = {}

    def says(self, who: str, text: str) -> None:
        self.telegram.say(self.users[who], text)

    def sends_picture(self, who: str, content: bytes, words: str) -> None:
        self.telegram.send_photo(self.users[who], content, words)

    def shown(self, who: str) -> bytes:
        photos = [one.photo for one in self.telegram.chat(self.users[who]) if one.photo is not None]
        return photos[-1]

    def sights(self, who: str) -> list[Sight]:
        return [self._sight(message) for message in self.telegram.chat(self.users[who])]

    def _sight(self, message: Message) -> Sight:
        for label, data in message.buttons:
            self._data[message.id, label] = data
        return Sight(message.text, tuple(message.labels), message.id, message.photo is not None)

    def press(self, who: str, sight: Sight, label: str, times: int = 1) -> None:
        message = next(m for m in self.telegram.messages if m.id == sight.handle)
        for _ in range(times):
            self.telegram.press_data(self.users[who], message, self._data[sight.handle, label])


class WecomPhones(Phones):
    """Members of a corp with the app."""

    name = "wecom"

    def __init__(self, site: Site, fake: FakeWecom) -> None:
        self.site, self.core, self.fake = site, site.core, fake
        self._keys: dict[tuple[str, str], str] = {}

    def says(self, who: str, text: str) -> None:
        assert self.fake.caller.says(who, text).status_code == 200

    def sends_picture(self, who: str, content: bytes, words: str) -> None:
        self.fake.media["photo-1"] = content
        before = len(self.sights(who))
        sent = self.fake.caller.message(who, "image", PicUrl="http://e.example/p", MediaId="photo-1")
        assert self.fake.caller.call(sent).status_code == 200
        self.until(lambda: len(self.sights(who)) > before, "he is asked whose it is")
        self.says(who, words)

    def shown(self, who: str) -> bytes:
        images = [one for one in self.fake.sent_to(who) if one.kind == "image"]
        return self.fake.media[images[-1].body["image"]["media_id"]]

    def sights(self, who: str) -> list[Sight]:
        return [self._sight(one) for one in self.fake.sent_to(who)]

    def _sight(self, one: Accepted) -> Sight:
        if not one.task:
            return Sight(_words(one.body), (), one.msgid, one.kind == "image")
        drawn = self.fake.cards[one.task]
        labels = () if drawn.greyed else tuple(b["text"] for b in drawn.card.get("button_list", ()))
        for button in drawn.card.get("button_list", ()):
            self._keys.setdefault((one.task, button["text"]), button["key"])
        return Sight(f"{drawn.greyed} {_words(drawn.card)}", labels, one.task)

    def press(self, who: str, sight: Sight, label: str, times: int = 1) -> None:
        key = self._keys[sight.handle, label]
        for _ in range(times):
            code = self.fake.new_code(sight.handle)
            assert self.fake.caller.presses(who, sight.handle, key, code).status_code == 200


def _words(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False)


# Opening


@contextlib.contextmanager
def web_phones(core: Core) -> Iterator[Phones]:
    with served(core) as site:
        phones = WebPhones(site)
        yield phones
        phones.close()


@contextlib.contextmanager
def telegram_phones(core: Core, mode: str) -> Iterator[Phones]:
    with FakeTelegram(BOT, CUSTOMERS) as telegram:
        port = free_port()
        settings = bot_settings(
            port=port, public_url=f"http://127.0.0.1:{port}", telegram_bot_token=BOT,
            telegram_customer_bot_token=CUSTOMERS, telegram_api_base=telegram.url, telegram_mode=mode,
            telegram_webhook_secret=SECRET,
        )  # fmt: skip
        with served(core, settings=settings, port=port) as site:
            phones = TelegramPhones(site, telegram, mode)
            for who, user in phones.users.items():
                bind(core, who, "telegram", BOT.partition(":")[0], str(user.id))
            bot = telegram.bots[BOT]
            telegram.until(lambda: bot.webhook.get("url") if mode == "webhook" else bot.polls, what="hearing")
            yield phones


@contextlib.contextmanager
def wecom_phones(core: Core) -> Iterator[Phones]:
    with fake_wecom() as fake:
        fake.members |= set(PEOPLE)
        with wecom_site(core, fake) as site:
            for who in PEOPLE:
                bind(core, who, "wecom", f"{fake.corp}-{fake.agent}", who)
            yield WecomPhones(site.site, fake)


def bind(core: Core, who: str, channel: str, account: str, native_id: str) -> None:
    """As after an invitation."""
    command = BindAccount(person_id=core.actor(who).id, channel=channel, account=account, native_id=native_id,
                          chat=f"{channel}:{account}:{native_id}")  # type: ignore[arg-type]  # fmt: skip
    core.execute(command, core.system(core.tenants()[0]))


