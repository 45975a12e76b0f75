"""Voice notes written down by a server that speaks the OpenAI protocol: a local one, or a provider's."""

from __future__ import annotations

import structlog

from bot.settings import BotSettings
from crm_core.kernel.errors import Invalid

SECONDS = 60.0
MAX_WORDS = 2000
_ENDINGS = {"audio/ogg": "ogg", "audio/amr": "amr", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav",
            "audio/webm": "webm"}  # fmt: skip


class WebTranscriber:
    """`POST {url}/audio/transcriptions`, multipart; the answer's `text` are the words."""

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self._url = f"{url.rstrip('/')}/audio/transcriptions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def transcribe(self, content: bytes, mime: str, language: str) -> str:
        import httpx

        mime = mime or "audio/ogg"
        files = {"file": (f"voice.{_ENDINGS.get(mime, 'ogg')}", content, mime)}
        data = {"model": self._model, "language": language, "response_format": "json"}
        try:
            answer = httpx.post(self._url, headers=self._headers, files=files, data=data, timeout=SECONDS)
            answer.raise_for_status()
            words = answer.json()["text"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            # Neither the answer nor the address is logged: one may quote what was said, the other hold a key.
            structlog.get_logger().warning("transcriber_failed", error=type(error).__name__)
            raise Invalid("voice", "error.not_written_down") from error
        return str(words)[:MAX_WORDS]


def open_transcriber(settings: BotSettings) -> WebTranscriber | None:
    """The one that is set; None when none is."""
    if not settings.transcriber_url:
        return None
    key = settings.transcriber_api_key.get_secret_value()
    return WebTranscriber(settings.transcriber_url, settings.transcriber_model, key)
