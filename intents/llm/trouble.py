"""Why a model gave no answer, in kinds that people and figures can be told."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "slow", "busy", "key", "model", "address", "tools", "refused", "broken", "package", "stopped", "empty"
]
# HTTP's own words for it.
_STATUS: dict[int, Kind] = {401: "key", 403: "key", 404: "model", 408: "slow", 429: "busy"}
_NO_TOOLS = ("tool", "function call")
# Names of errors of clients that have no status: (part of a class's name, kind).
_NAMES: tuple[tuple[str, Kind], ...] = (
    ("Timeout", "slow"), ("Connect", "address"), ("JSONDecode", "broken"), ("Import", "package"),
    ("ModuleNotFound", "package"), ("Cancelled", "stopped"), ("Protocol", "broken"),
)  # fmt: skip


class ModelTrouble(Exception):
    """The model did not help; whoever asked goes on without it. `kind` says why, never what was asked."""

    def __init__(self, kind: Kind, detail: str = "") -> None:
        super().__init__(kind)
        self.kind: Kind = kind
        self.detail = detail


def trouble_of(error: BaseException) -> ModelTrouble:
    """An error of any provider's client as ours. Its text may hold what was asked, so only its class is kept."""
    if isinstance(error, ModelTrouble):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return ModelTrouble(_by_status(status, str(error).lower()), f"HTTP {status}")
    for kind in type(error).__mro__:
        for part, found in _NAMES:
            if part in kind.__name__:
                return ModelTrouble(found, type(error).__name__)
    return ModelTrouble("broken", type(error).__name__)


def _by_status(status: int, text: str) -> Kind:
    if status in (400, 404, 422) and any(word in text for word in _NO_TOOLS):
        return "tools"
    return _STATUS.get(status) or ("refused" if status < 500 else "broken")
