"""What Chexin says: every reply is a key that exists in `zh.yaml` and in `en.yaml`."""

from __future__ import annotations

from bot.texts.texts import Texts, problems
from bot.texts.voice import Voice

__all__ = ["Texts", "Voice", "problems"]
