"""Which model is asked, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Providers that speak OpenAI's protocol at an address of their own; every other prefix goes to LangChain as it is.
COMPATIBLE = {
    "deepseek": "https://api.deepseek.com/v1",
    "qwen": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "dashscope": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "moonshot": "https://api.moonshot.cn/v1",
    "zhipu": "https://open.bigmodel.cn/api/paas/v4",
    "ollama": "http://127.0.0.1:11434/v1",
}
# They need no key, and a client insists on one.
KEYLESS = "none"


@dataclass(frozen=True)
class ModelSettings:
    """`model` is `provider:name`, as LangChain's `init_chat_model` takes it; empty for no model.

    `base_url` is the address of an OpenAI-compatible server, with its version path (`http://127.0.0.1:11434/v1`).
    """

    model: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)

    @property
    def configured(self) -> bool:
        return bool(self.model)

    @property
    def provider(self) -> str:
        """The part before the first colon; without one, a server of our own when its address is given."""
        before, colon, _ = self.model.partition(":")
        return before.lower() if colon else "openai" if self.base_url else ""

    @property
    def name(self) -> str:
        return self.model.partition(":")[2] if ":" in self.model else self.model

    def arguments(self) -> dict[str, Any]:
        """What `init_chat_model` is called with, but for the time it may take."""
        given: dict[str, Any] = {"model": self.name, "model_provider": self.provider or None}
        if self.provider in COMPATIBLE or (self.base_url and self.provider == "openai"):
            given |= {"model_provider": "openai", "base_url": self.base_url or COMPATIBLE[self.provider],
                      "api_key": self.api_key or KEYLESS, "temperature": 0}  # fmt: skip
            return given
        given |= {"base_url": self.base_url} if self.base_url else {}
        return given | ({"api_key": self.api_key} if self.api_key else {})
