"""What is told to somebody outside: a sign of life, whose absence raises the alarm, and where the audit ends."""

from __future__ import annotations

import threading
import urllib.request
from urllib.parse import urlsplit

import structlog

TIMEOUT_SECONDS = 5.0


class Heartbeat:
    """GETs an address from a thread of its own; at most one at a time, and nothing is ever raised."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._busy = threading.Lock()

    def send(self) -> threading.Thread | None:
        """One sign of life; None when there is no address, or the last one is still under way."""
        if not self._url or not self._busy.acquire(blocking=False):
            return None
        thread = threading.Thread(target=self._get, name="heartbeat", daemon=True)
        thread.start()
        return thread

    def _get(self) -> None:
        try:
            with urllib.request.urlopen(self._url, timeout=TIMEOUT_SECONDS) as answer:
                answer.read(1024)
        except (OSError, ValueError) as error:
            # The address may hold a secret: only its host is told.
            host = urlsplit(self._url).hostname
            structlog.get_logger().warning("heartbeat_failed", host=host, error=type(error).__name__)
        finally:
            self._busy.release()


def post(url: str, line: str) -> bool:
    """POST a line of JSON; whether it was taken. Nothing is ever raised: what is told next says this as well."""
    request = urllib.request.Request(url, line.encode(), {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read(1024)
    except (OSError, ValueError) as error:
        structlog.get_logger().warning("anchor_not_sent", host=urlsplit(url).hostname, error=type(error).__name__)
        return False
    return True
