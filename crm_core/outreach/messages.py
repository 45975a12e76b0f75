"""What a colleague writes to a customer himself, and what he might write. The public vocabulary."""

from __future__ import annotations

from typing import Literal

from crm_core.kernel.registry import Command, Question, View

# Why nobody can be written to: no chat of his, a person serves him at the desk, he wants no messages.
Problem = Literal["", "unreachable", "served", "opted_out"]


class SendToCustomer(Command):
    """The actor's own words to a customer he looks after, in the customer's own chat: SentView.

    With `quote_id` and the `version` that was shown, `image_id` is that quote's picture, made by the actor.
    Raises Refused when the customer cannot be written to, Conflict when the quote has changed since.
    """

    customer_id: str
    text: str
    image_id: str = ""
    quote_id: str = ""
    version: int | None = None


class SentView(View):
    """`waits`: the platform lets it leave only when the customer writes again."""

    customer_id: str
    customer_name: str
    channel: str
    waits: bool = False


class CustomerReach(Question):
    """How a customer the actor looks after is written to: ReachView. Raises NotFound for another's."""

    customer_id: str


class ReachView(View):
    """`channel` is where it would go; empty with a `problem` that stands in the way. `language` is his."""

    channel: str
    language: str
    problem: Problem = ""
    waits: bool = False


class ReplyTexts(Question):
    """Texts a customer may be answered with: ReplyTextsView. For colleagues.

    About what he `said`, else about `kind`, else about what his record calls for.
    """

    customer_id: str = ""
    said: str = ""
    kind: str = ""
    language: str = ""


class ReplyTextsView(View):
    """`texts` hold placeholders such as {car}; `asks` is the question to the documents that belongs to it.

    `heard`: his own words told the kind. `said` are those words: given, or the last he left for his adviser.
    `source` is the policy file and line of the texts.
    """

    kind: str
    title: str
    texts: tuple[str, ...]
    language: str
    heard: bool
    said: str = ""
    asks: str = ""
    source: str = ""


class WhoAnswers(Question):
    """The role that is to answer what somebody asked and no document answers: rep, tech, service, finance, warehouse."""

    said: str
