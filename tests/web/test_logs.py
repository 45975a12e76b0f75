"""What is written to standard error holds nothing about a person and no secret."""

from __future__ import annotations

import io
import json
import logging
import threading
from typing import Any

import pytest
import structlog

from bot.logs import configure_logs
from tests.support.site import KEY, Site

CANARIES = ("欧阳震东", "13912349876", "震东要买车的秘密", "LFV2A21K8J4567890", "ouyang@example.com", KEY)


@pytest.fixture
def written() -> io.StringIO:
    """Everything that is logged during the test."""
    stream = io.StringIO()
    configure_logs(stream)
    return stream


def broken(*_: object, **__: object) -> Any:
    raise RuntimeError(f"about {CANARIES}")


def test_what_ends_a_thread_is_logged_without_what_it_was_about(written: io.StringIO) -> None:
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    (line,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (line["event"], line["error"]) == ("thread_died", "RuntimeError")
    assert not [canary for canary in CANARIES if canary in written.getvalue()]


def test_ordinary_work_writes_nothing_about_anybody(written: io.StringIO, site: Site) -> None:
    name, phone, message, vin, email, _ = CANARIES
    site.lead({"name": name, "phone": phone, "message": message, "email": email, "vehicle": vin})
    site.lead({"name": name, "phone": 13912349876})
    with site.page("rep1") as page:
        page.until(lambda: page.cards("lead"), what="the card")
        page.say(f"{name} {phone} {vin} {message}")
        page.press_id("no-such-button")
    assert not [word for word in CANARIES if word in written.getvalue()]


def test_a_request_that_fails_is_told_by_place_alone(
    written: io.StringIO, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.house.intake, "take", broken)
    answer = site.lead({"name": CANARIES[0], "phone": CANARIES[1]})
    assert answer.status_code == 500
    reference = answer.json()["detail"].split()[-1]
    assert reference.startswith("E-")
    assert "content-security-policy" in answer.headers
    lines = [json.loads(line) for line in written.getvalue().splitlines() if line.startswith("{")]
    line = next(found for found in lines if found.get("reference") == reference)
    assert (line["event"], line["error"], line["path"]) == ("request_failed", "RuntimeError", "/api/leads")
    assert any("broken" in place for place in line["where"])
    assert not [word for word in CANARIES if word in json.dumps(lines, ensure_ascii=False)]


def test_a_turn_that_fails_apologises_and_tells_the_place(
    written: io.StringIO, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.house._brain, "understand", broken)
    with site.page("rep1") as page:
        page.say(CANARIES[2])
        assert "E-" in page.last()
    assert "turn_failed" in written.getvalue()
    assert not [word for word in CANARIES if word in written.getvalue()]


def test_a_librarys_own_words_are_not_filled_in(written: io.StringIO) -> None:
    log = logging.getLogger("some.library")
    try:
        broken()
    except RuntimeError:
        log.exception("could not send %s", CANARIES[1])
    log.warning(f"already filled in: {CANARIES[0]}")
    assert "could not send %s" in written.getvalue()
    assert "RuntimeError" in written.getvalue()
    assert not [word for word in CANARIES if word in written.getvalue()]


def test_only_known_fields_are_written(written: io.StringIO) -> None:
    structlog.get_logger().error("something", name=CANARIES[0], phone=CANARIES[1], kind="lead", attempts=3)
    line = json.loads(written.getvalue().splitlines()[-1])
    assert line.keys() == {"event", "level", "timestamp", "kind", "attempts"}


def test_plain_lines_show_the_same_fields_and_no_others(written: io.StringIO) -> None:
    stream = io.StringIO()
    configure_logs(stream, plain=True)
    structlog.get_logger().warning("job_failed", job="plan", text="13800138000")
    line = stream.getvalue()
    assert "job_failed" in line
    assert "job=plan" in line
    assert "13800138000" not in line
