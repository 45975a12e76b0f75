"""Cards about messages on their way: how sending stands, what did not arrive, what came late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.delivery.messages import (
    AccountView,
    DeliveryReport,
    DeliveryView,
    FoldedMessages,
    FoldedRow,
    LetterCard,
    LetterView,
    TroubleView,
)  # fmt: skip
from crm_core.kernel.errors import NotFound

LINES = 12
LABEL = 24
# Drawing each takes a look or two at the database.
DRAWN = 60
WRONG = ("dead", "uncertain", "pending")
STATUS = "status"


@pushed("delivery_trouble", "undelivered", subject="delivery")
def delivery(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """How sending stands, or one message that did not arrive."""
    if record_id == STATUS:
        view: DeliveryView = easel.ask(DeliveryReport())
        return out(status_card(easel.voice, view, kind="delivery_trouble"))
    if not record_id.isdecimal():
        raise NotFound(resource="delivery")
    letter: LetterView = easel.ask(LetterCard(letter_id=int(record_id)))
    return out(letter_card(easel.voice, letter))


@pushed("undelivered_many")
def undelivered_many(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """Several messages did not arrive."""
    voice = easel.voice
    card = Card("undelivered_many", voice.say("push.undelivered_many.title", n=params.get("n", "")), tone="bad",
                buttons=(button(voice, "look", "delivery.status", PRIMARY),))  # fmt: skip
    return out(card)


def status_card(voice: Voice, view: DeliveryView, *, kind: str = "delivery_status") -> Card:
    """Figures by channel, who works, and what is wrong, the worst first."""
    wrong = bool(view.troubles)
    title = voice.say("deliveries.wrong", n=len(view.troubles)) if wrong else voice.say("deliveries.well")
    return Card(
        kind=kind,
        title=voice.say("deliveries.paused") if view.paused else title,
        fields=(
            *(_trouble(voice, trouble) for trouble in view.troubles if trouble.kind != "paused"),
            *(_account(voice, account) for account in view.accounts),
            *lines(voice, ("oldest", voice.when(view.oldest_at) if view.oldest_at else ""),
                   ("reminders", _timers(voice, view)), ("workers", _workers(voice, view)),
                   ("letters", str(view.letters) if view.letters else "")),
        ),
        buttons=_status_buttons(voice, view),
        tone="bad" if wrong else "good",
        note=voice.say("deliveries.paused_note") if view.paused else None,
        subject=f"delivery:{STATUS}",
    )  # fmt: skip


def _trouble(voice: Voice, trouble: TroubleView) -> Field:
    what = account_name(voice, trouble.what) if trouble.kind == "unserved" else trouble.what
    said = voice.say(f"deliveries.trouble.{trouble.kind}", n=trouble.count, what=what)
    since = voice.say("deliveries.since", at=voice.when(trouble.since)) if trouble.since else ""
    return Field(voice.label("field", "trouble"), joined(said, since), emph=True)


def _account(voice: Voice, account: AccountView) -> Field:
    counts = (("waiting", account.waiting), ("sent", account.sent), ("uncertain", account.uncertain),
              ("dead", account.dead), ("skipped", account.skipped), ("folded", account.folded),
              ("moved", account.moved))  # fmt: skip
    silent = voice.say("deliveries.unserved") if account.unserved_since else ""
    said = joined(silent, *(voice.say(f"deliveries.count.{key}", n=n) for key, n in counts if n))
    return Field(account_name(voice, account.account), said or voice.say("deliveries.count.none"))


def account_name(voice: Voice, account: str) -> str:
    """`网页`, `Telegram · my_bot`."""
    channel, _, rest = account.partition(":")
    return joined(voice.label("channel_account", channel), rest)


def _timers(voice: Voice, view: DeliveryView) -> str:
    if not (view.pending_timers or view.late_timers or view.dead_timers):
        return ""
    late = voice.say("deliveries.timers_late", n=view.late_timers) if view.late_timers else ""
    dead = voice.say("deliveries.timers_dead", n=view.dead_timers) if view.dead_timers else ""
    return joined(voice.say("deliveries.timers", n=view.pending_timers), late, dead)


def _workers(voice: Voice, view: DeliveryView) -> str:
    well = sum(worker.state == "ok" for worker in view.workers)
    return voice.say("deliveries.workers", n=well, all=len(view.workers)) if view.workers else ""


def _status_buttons(voice: Voice, view: DeliveryView) -> tuple[Button, ...]:
    resume = (
        button(voice, "resend_all", "delivery.resume", PRIMARY, choice="resend"),
        button(voice, "skip_all", "delivery.resume", choice="skip"),
    )
    timers = (
        button(voice, "retry_timers", "delivery.timers", choice="retry"),
        button(voice, "drop_timers", "delivery.timers", choice="drop"),
    )
    letters = (button(voice, "letters", "delivery.letters"),)
    return (
        (resume if view.paused and view.may_resume else ())
        + (letters if view.letters else ())
        + (timers if view.dead_timers and view.may_settle else ())
    )


def letter_card(voice: Voice, letter: LetterView) -> Card:
    """A message that did not arrive, or may not have: to whom, what it was about, why, and what to do now."""
    waits = letter.open
    concept = letter.subject.partition(":")[0]
    what = voice.maybe(f"deliveries.about.{concept}") or voice.say("deliveries.about.other")
    key = letter.state if letter.state in WRONG else "dead"
    return Card(
        kind="undelivered",
        title=voice.say(f"deliveries.letter_{key}", who=letter.person_name, what=what),
        fields=lines(
            voice,
            ("due", voice.when(letter.due_at)),
            ("channel", account_name(voice, letter.account)),
            ("why", reason(voice, letter.error or _unsent(letter)) if waits else ""),
            ("ref", letter.ref),
        ),
        buttons=_letter_buttons(voice, letter) if waits else (),
        status=None if waits else voice.say(f"deliveries.state.{letter.state}"),
        tone="bad" if waits else "done",
        subject=f"delivery:{letter.id}",
    )


def _unsent(letter: LetterView) -> str:
    return "unserved" if letter.state == "pending" else ""


def _letter_buttons(voice: Voice, letter: LetterView) -> tuple[Button, ...]:
    buttons = (
        button(voice, "resend", "delivery.resend", PRIMARY, letter=letter.id),
        button(voice, "skip", "delivery.skip", letter=letter.id),
    )
    return (*buttons, button(voice, "open_record", "open", subject=letter.subject)) if letter.subject else buttons


def reason(voice: Voice, error: str) -> str:
    """Why it did not arrive: known codes in words, others as they came."""
    return voice.maybe(f"deliveries.error.{error.partition(' ')[0].lower()}") or error


@pushed("catch_up")
def catch_up(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """Reminders that fell due while nothing could be sent, or may not have arrived, in one message."""
    ids = tuple(int(one) for one in params.get("rows", ()))
    return out(late_card(easel, ids, why="unsure" if params.get("unsure") else "catch_up"))


def late_card(easel: Easel, ids: Sequence[int], start: int = 0, *, why: str = "catch_up") -> Card:
    """The late ones from `start` on, each a line that opens it; what is done by now is left out.

    Of so many that drawing them all would take long, the newest come first and the others are only counted.
    """
    if len(ids) > DRAWN:
        return _newest_card(easel, ids, why)
    found = list(_open_ones(easel, ids))
    shown = found[start : start + LINES]
    left = len(found) - start - len(shown)
    rest = {"rows": list(ids), "from": start + LINES, "why": why}
    return _late_card(easel.voice, shown, len(found), left, rest, why)


def _newest_card(easel: Easel, ids: Sequence[int], why: str) -> Card:
    """The newest that are still open; how many of the older ones are done is not looked at."""
    older = sorted(ids)
    shown: list[tuple[FoldedRow, str]] = []
    while older and len(shown) < LINES:
        shown += reversed(list(_open_ones(easel, older[-LINES:])))
        older = older[:-LINES]
    return _late_card(easel.voice, shown, len(shown) + len(older), len(older), {"rows": older, "from": 0, "why": why}, why)


def _open_ones(easel: Easel, ids: Sequence[int]) -> Iterator[tuple[FoldedRow, str]]:
    for row in easel.ask(FoldedMessages(ids=tuple(ids))):
        if said := _headline(easel, row):
            yield row, said


def _late_card(
    voice: Voice, shown: Sequence[tuple[FoldedRow, str]], n: int, left: int, rest: dict[str, Any], why: str
) -> Card:
    if not n:
        return Card("catch_up", voice.say(f"push.{why}.over"), tone="done")
    buttons = tuple(
        Button(said[:LABEL], "late.open", {"row": row.id}, line=index) for index, (row, said) in enumerate(shown)
    )
    more = (Button(voice.say("digest.rest", n=left), "late.rest", rest),) if left > 0 else ()
    return Card(
        "catch_up",
        voice.say(f"push.{why}.title", n=n),
        tuple(Field(voice.when(row.due_at), said) for row, said in shown),
        (*buttons, *more),
        note=voice.say(f"push.{why}.text"),
    )


def drawn(easel: Easel, row: FoldedRow) -> Outbound:
    """The message as it would be drawn now."""
    from bot.cards.draw import draw

    return draw(row.kind, row.subject, dict(row.params), easel.core, easel.actor, easel.voice.texts, easel.look)


def _headline(easel: Easel, row: FoldedRow) -> str:
    """What the message is about in one line; nothing when there is nothing to do about it any more."""
    message = drawn(easel, row)
    card = message.card
    if card is None:
        return (message.text or "").partition("\n")[0]
    return "" if card.status and not card.buttons else card.title
