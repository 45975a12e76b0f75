"""The platform's API: wechatpy's client, with timeouts, a token all processes share, and errors by kind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot.channels.wecom.errors import STALE_TOKEN, NoAnswer, Refused
from crm_core.channels.tokens import Token, Tokens
from crm_core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from crm_core.api import Core

CONNECT_SECONDS, READ_SECONDS = 4.0, 8.0
TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)
THREADS = 16
MAX_FILE = 20 * 1024 * 1024
CHUNK = 64 * 1024
T = TypeVar("T")


class Api:
    """One secret of a corp (an app, 客户联系 or 微信客服). Its methods block; `call` runs one in a thread of its own.

    All raise Refused or NoAnswer, and nothing else about the other side.
    """

    def __init__(self, corp: str, secret: str, core: Core, base: str) -> None:
        """`base` is a bare origin. Asks no network."""
        self.corp = corp
        self._secret = secret
        self._tokens: Tokens = core.tokens
        self._now = core.now
        self.base = base.rstrip("/")
        self._name = f"wecom:{self.base}:{corp}:{secret}"
        self._token: Token | None = None
        # Threads of its own: a platform that answers slowly must not take those the database is asked in.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wecom")

    async def call(self, method: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Run a blocking method of this without blocking the loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(method, *args, **kwargs)
        )

    def promptly(self, seconds: float, method: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Run a blocking method for at most so long. Raises NoAnswer when it takes longer."""
        running = self._threads.submit(method, *args, **kwargs)
        try:
            return running.result(seconds)
        except TimeoutError:
            running.cancel()
            raise NoAnswer("too slow", sent=True) from None

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """`GET /cgi-bin/PATH`."""
        return self._with_token(lambda token: self._json("get", path, params | {"access_token": token}))

    def post(self, path: str, data: dict[str, Any], **params: Any) -> dict[str, Any]:
        """`POST /cgi-bin/PATH` with `data` as JSON in plain UTF-8."""
        return self._with_token(
            lambda token: self._json("post", path, params | {"access_token": token}, data=data)
        )

    def upload(self, kind: str, name: str, content: bytes, mime: str = "application/octet-stream") -> str:
        """Upload a file (`image`, `voice`, `video`, `file`); its media_id, good for three days."""

        def once(token: str) -> dict[str, Any]:
            files = {"media": (name, content, mime)}
            return self._json("post", "media/upload", {"access_token": token, "type": kind}, files=files)

        return str(self._with_token(once)["media_id"])

    def uploaded(self, kind: str, name: str, content: bytes, digest: str, mime: str, refused: str = "") -> str:
        """The same once for equal content: all processes share the media_id while it is good.

        `refused` is the media_id the platform has just refused: it is not given again.
        """
        days_3 = 3 * 86_400.0
        key = f"media:{self._name}:{kind}:{digest}"

        def upload() -> tuple[str, float]:
            return self.upload(kind, name, content, mime), days_3

        known = self._tokens.get(key, upload)
        if refused and known.value == refused:
            known = self._tokens.get(key, upload, refused=known.version)
        return known.value

    def download(self, media_id: str) -> bytes:
        """A file somebody sent, at most 20 MB. Errors come as JSON with status 200."""
        return self._with_token(lambda token: self._file({"access_token": token, "media_id": media_id}))

    def new_token(self) -> tuple[str, float]:
        """Ask the platform for a token: (token, seconds it lasts)."""
        # None is left out of the address; without the name, wechatpy would ask us for a token to ask for a token.
        asked = {"corpid": self.corp, "corpsecret": self._secret, "access_token": None}
        found = self._json("get", "gettoken", asked, fetching=True)
        return str(found["access_token"]), float(found.get("expires_in", 7200))

    # Tokens

    def _with_token(self, once: Callable[[str], T]) -> T:
        """With the shared token; one the platform does not take any more is renewed once."""
        token = self._current()
        try:
            return once(token.value)
        except Refused as error:
            if error.code not in STALE_TOKEN:
                raise
        self._token = None
        return once(self._current(refused=token.version).value)

    def _current(self, refused: int = 0) -> Token:
        token = self._token
        if token is None or token.version <= refused or token.expires_at <= self._now():
            try:
                token = self._token = self._tokens.get(self._name, self.new_token, refused=refused)
            except Unavailable:
                raise NoAnswer("no token", sent=False) from None
        return token

    # Requests

    @cached_property
    def _client(self) -> Any:
        return _new_client(self.base, self.corp, self._secret, self._current)

    def _json(
        self, method: str, path: str, params: dict[str, Any], *, fetching: bool = False, **body: Any
    ) -> dict[str, Any]:
        with _errors(fetching=fetching):
            answer = getattr(self._client, method)(path, params=params, allow_redirects=False, **body)
        if not isinstance(answer, dict):
            raise NoAnswer("no JSON", sent=not fetching)
        return answer

    def _file(self, params: dict[str, Any]) -> bytes:
        with _errors():
            url = f"{self.base}/cgi-bin/media/get"
            with self._client.http.get(
                url, params=params, timeout=TIMEOUT, stream=True, allow_redirects=False
            ) as response:
                response.raise_for_status()
                content = b""
                for part in response.iter_content(CHUNK):
                    content += part
                    if len(content) > MAX_FILE:
                        raise Refused(45001, "larger than 20 MB")
                plain = "json" in response.headers.get("content-type", "") or "text/" in response.headers.get(
                    "content-type", "")  # fmt: skip
        if plain:
            _check(content)
        return content


def _check(content: bytes) -> None:
    """Raise Refused for an error that came in place of a file."""
    try:
        said = json.loads(content)
    except ValueError:
        return
    if isinstance(said, dict) and said.get("errcode"):
        raise Refused(int(said["errcode"]), str(said.get("errmsg", "")))


@contextmanager
def _errors(*, fetching: bool = False) -> Iterator[None]:
    """Theirs become ours, without the address that was called: it holds the token."""
    import requests
    from wechatpy.exceptions import WeChatClientException

    try:
        yield
    except WeChatClientException as error:
        if error.errcode is None:
            raise _by_status(getattr(error.response, "status_code", 0), fetching) from None
        raise Refused(int(error.errcode), str(error.errmsg)) from None
    except requests.HTTPError as error:
        raise _by_status(getattr(error.response, "status_code", 0), fetching) from None
    except (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError):
        raise NoAnswer("no connection", sent=False) from None
    except requests.ConnectionError as error:
        never = _never_left(error)
        raise NoAnswer(
            "no connection" if never else "connection lost", sent=not (never or fetching)
        ) from None
    except requests.RequestException as error:
        raise NoAnswer(_words(type(error).__name__), sent=not fetching) from None


def _never_left(error: Exception) -> bool:
    """Whether no connection came about. The reason is urllib3's, told by its name: it is requests' own affair."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return any(kind.__name__ == "NewConnectionError" for kind in type(reason).__mro__)


def _by_status(status: int, fetching: bool) -> NoAnswer:
    """A server error may come from behind what did the work; what was turned away at the door did none."""
    return NoAnswer(f"HTTP {status}", sent=status >= 500 and not fetching)


def _words(name: str) -> str:
    return "no answer" if "Timeout" in name else name


def _new_client(base: str, corp: str, secret: str, current: Callable[[], Token]) -> Any:
    """wechatpy's client for a bare origin, with our token and without its own retries."""
    from requests.adapters import HTTPAdapter
    from wechatpy.enterprise import WeChatClient

    class Client(WeChatClient):  # type: ignore[misc]
        API_BASE_URL = f"{base}/cgi-bin/"

        def __init__(self) -> None:
            super().__init__(corp, secret, timeout=TIMEOUT, auto_retry=False)
            self.http = self._http
            for scheme in ("http://", "https://"):
                self._http.mount(scheme, HTTPAdapter(pool_connections=2, pool_maxsize=THREADS, max_retries=0))

        def fetch_access_token(self) -> dict[str, Any]:
            token = current()
            self.session.set(self.access_token_key, token.value)
            return {"access_token": token.value}

    return Client()
