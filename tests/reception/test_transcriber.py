"""A voice note is written down by whatever server is set; one that fails loses nothing but the words."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web

from bot.reception.transcriber import MAX_WORDS, WebTranscriber, open_transcriber
from crm_core.kernel.errors import Invalid
from tests.support.site import bot_settings


@contextmanager
def server(answer: Any, status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that speaks the protocol: its address, and what it was asked."""
    asked: list[dict[str, Any]] = []
    ready, ends = threading.Event(), []

    async def transcriptions(request: web.Request) -> web.Response:
        fields: dict[str, Any] = {"key": request.headers.get("Authorization", "")}
        async for part in await request.multipart():
            assert part is not None
            fields[str(part.name)] = bytes(await part.read())  # type: ignore[union-attr]
            if part.name == "file":
                fields["name"] = part.filename  # type: ignore[union-attr]
        asked.append(fields)
        if isinstance(answer, str):
            return web.Response(text=answer, status=status)
        return web.json_response(answer, status=status)

    async def serve() -> None:
        app, end = web.Application(), asyncio.Event()
        app.router.add_post("/v1/audio/transcriptions", transcriptions)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        loop = asyncio.get_running_loop()
        ends.extend([runner.addresses[0][1], lambda: loop.call_soon_threadsafe(end.set)])
        ready.set()
        await end.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{ends[0]}/v1", asked
    finally:
        ends[1]()
        thread.join(10)


def test_words_are_written_down() -> None:
    with server({"text": "明早九点提醒我给张伟打电话"}) as (url, asked):
        said = WebTranscriber(url, "whisper-1", "a-key-for-tests").transcribe(b"#!AMR", "audio/amr", "zh")
    assert said == "明早九点提醒我给张伟打电话"
    (call,) = asked
    assert (call["file"], call["name"], call["model"], call["language"]) == (b"#!AMR", "voice.amr", b"whisper-1", b"zh")
    assert call["key"] == "Bearer a-key-for-tests"


@pytest.mark.parametrize(("answer", "status"), [
    ({"error": "busy"}, 503), ({"no": "text"}, 200), ("not json", 200), (["a"], 200), ({"error": "bad key"}, 401),
])  # fmt: skip
def test_a_server_that_fails_asks_him_to_type(answer: Any, status: int) -> None:
    with server(answer, status) as (url, _), pytest.raises(Invalid) as refused:
        WebTranscriber(url, "m").transcribe(b"OggS", "", "zh")
    assert refused.value.key == "error.not_written_down"


def test_no_server_there_asks_him_to_type() -> None:
    with pytest.raises(Invalid):
        WebTranscriber("http://127.0.0.1:1/v1", "m").transcribe(b"OggS", "audio/ogg", "en")


def test_endless_words_are_cut() -> None:
    with server({"text": "好" * 5000}) as (url, _):
        assert len(WebTranscriber(url, "m").transcribe(b"OggS", "audio/ogg", "zh")) == MAX_WORDS


def test_settings() -> None:
    assert open_transcriber(bot_settings()) is None
    assert open_transcriber(bot_settings(transcriber_url="http://127.0.0.1:9/v1")) is not None
    assert bot_settings(transcriber_url="localhost").problems()
    assert bot_settings(transcriber_api_key="k").problems() == [
        "TRANSCRIBER_URL: TRANSCRIBER_API_KEY is set, so an address is needed too"]  # fmt: skip
