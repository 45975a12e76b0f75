"""A colleague's message read by an agent whose only tools take drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, hook_config
from langchain_core.messages import AIMessage, HumanMessage

from ..extract import extract
from ..normalize import is_chinese, normalise
from ..schema import load_schema
from ..types import Understanding
from .check import FOCUS, Checker
from .extractor import gist
from .model import prompts
from .provider import tokens_of
from .redact import Redaction
from .spoken import Said
from .tools import Drafting, tools_for
from .trouble import ModelTrouble
from .words import Drafted, Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# The model is asked once, and once more with what was wrong.
TRIES = 2
# Of what others wrote the agent learns which of these stand in it, never the words.
_HINTS = ("person", "phone", "vin", "plate", "oe", "vehicle", "part", "when", "km")


class _OneRetry(AgentMiddleware[Any, Drafting]):
    """Ends as soon as drafts hold; sends back once what was malformed."""

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """After a round of calls: all held, or another try."""
        context: Drafting = runtime.context
        if context.drafts and not context.wrong:
            return {"jump_to": "end"}
        context.last_try, context.wrong = context.last_try or bool(context.used), 0
        return None

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Arguments that are no JSON never reach a tool."""
        last = state["messages"][-1]
        spoilt = isinstance(last, AIMessage) and last.invalid_tool_calls and not last.tool_calls
        if not spoilt or runtime.context.last_try:
            return None
        runtime.context.last_try = True
        return {"messages": [HumanMessage(prompts()["malformed"])], "jump_to": "model"}


async def draft(client: BaseChatModel, message: Message, calls: int) -> Drafted:
    """Drafts that hold against the message; unrecognised when there are none. Raises what the client raises."""
    said = Said(message.text)
    if not said.own:
        return Drafted(_nothing(message, "only others' words"))
    redaction = Redaction(message.lexicon, message.hide_names)
    checker = Checker(said, message.now, message.context, message.lexicon, message.role)
    drafting = Drafting(checker, redaction, calls)
    asked, spent = await _asked(client, message, said, redaction)
    agent = _agent(client, message)
    try:
        ended = await agent.ainvoke({"messages": [HumanMessage(asked)]}, context=drafting)
    except NotImplementedError:
        raise ModelTrouble("tools", "this client cannot bind tools") from None
    answers = [m for m in ended["messages"] if isinstance(m, AIMessage)]
    return Drafted(_understood(message, drafting, answers), tokens_of(answers) + spent, drafting.used)


def _agent(client: BaseChatModel, message: Message) -> Any:
    """An agent for this speaker: what it may call is what he may do."""
    language = "zh" if is_chinese(normalise(message.text)) else "en"
    told = prompts()["draft"].format(now=message.now.strftime("%A %Y-%m-%d %H:%M"), role=message.role)
    middleware: list[AgentMiddleware[Any, Any, Any]] = [
        _OneRetry(), ModelCallLimitMiddleware(run_limit=TRIES, exit_behavior="end"),
    ]  # fmt: skip
    return create_agent(
        client, tools_for(message.offered, language), system_prompt=told,
        middleware=middleware, context_schema=Drafting,
    )  # fmt: skip


async def _asked(client: BaseChatModel, message: Message, said: Said, redaction: Redaction) -> tuple[str, int]:
    """The message as it leaves: placeholders for what identifies and for what others wrote; and what that cost."""
    out, last, notes, spent = [], 0, [], 0
    for start, end in said.quotes:
        passage = said.text[start:end]
        mark = redaction.mark("quoted", passage)
        about, tokens = await gist(client, message, passage)
        out += [redaction.hide(said.text[last:start]), mark]
        notes.append(prompts()["quoted"].format(mark=mark, holds=_holds(message, passage, redaction), about=about))
        last, spent = end, spent + tokens
    out.append(redaction.hide(said.text[last:]))
    if message.context.focus_person:
        notes.append(prompts()["focus"].format(mark=FOCUS))
    if message.context.asked_intent:
        notes.append(prompts()["asked"].format(intent=message.context.asked_intent, slot=message.context.asked_slot))
    return "\n".join([*notes, "Message:", "".join(out)]), spent


def _holds(message: Message, passage: str, redaction: Redaction) -> str:
    found = [s for s in extract(passage, message.now, message.lexicon) if s.kind in _HINTS and not s.weak]
    return ", ".join(f"{s.kind} {redaction.mark('q' + s.kind, s.words)}" for s in found) or "nothing of note"


def _understood(message: Message, drafting: Drafting, answers: Sequence[AIMessage]) -> Understanding:
    drafts = drafting.drafted([call["id"] or "" for answer in answers for call in answer.tool_calls])
    if not drafts:
        return _nothing(message, "the model drafted nothing that holds")
    covered = sum(e - s for s, e in set(drafting.evidence)) / max(1, len(drafting.checker.said.own))
    commands = tuple(_whole(message, c) for c in drafts)
    return Understanding(message.text, "recognised", commands, "model", min(1.0, covered), why="read by the model")


def _whole(message: Message, command: Any) -> Any:
    """A question or a complaint is the message itself, not what a model made of it."""
    if not load_schema()[command.intent].whole_text or "text" in command.slots:
        return command
    from ..types import Slot

    words = message.text.strip()
    return replace(command, slots={**command.slots, "text": Slot(words, words, 0, len(message.text))})


def _nothing(message: Message, why: str) -> Understanding:
    return Understanding(message.text, "unrecognised", layer="model", why=why)
