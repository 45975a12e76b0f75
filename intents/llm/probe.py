"""Whether a provider can do what is needed of it: be reached, let us in, know the model, call a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .trouble import ModelTrouble

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_TOOL = {
    "title": "note_weekday",
    "description": "Note the day of the week that was named.",
    "type": "object",
    "properties": {"day": {"type": "string", "description": "the day of the week, in English"}},
    "required": ["day"],
}


async def probe(client: BaseChatModel) -> None:
    """Ask for one tool call. Raises what the client raises, or ModelTrouble("tools")."""
    try:
        bound = client.bind_tools([_TOOL])
    except NotImplementedError:
        raise ModelTrouble("tools", "this client cannot bind tools") from None
    answer = await bound.ainvoke("Use the tool: note that today is Tuesday.")
    calls = getattr(answer, "tool_calls", [])
    if not any(call["name"] == _TOOL["title"] for call in calls):
        raise ModelTrouble("tools", "it answered without calling the tool it was given")
