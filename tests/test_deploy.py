"""The examples for running it, and the guide: what they name is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import run_bot
from bot.web.metrics import Metrics

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SETTINGS = set(re.findall(r"^#([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M))
INTERPRETER = "/opt/chexin/.venv/bin/python"
# Set by the unit or the image for Python or the proxy, not settings of ours.
OTHERS = {"PYTHONUNBUFFERED", "SITE", "UPSTREAMS", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}


def commands() -> dict[str, Any]:
    """Every command by its words, such as `deliveries resume`."""
    found: dict[str, Any] = {}

    def walk(group: Any, words: tuple[str, ...]) -> None:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                walk(command, (*words, name))
            else:
                found[" ".join((*words, name))] = command

    walk(typer.main.get_command(run_bot.app), ())
    return found


def named(line: str) -> str:
    """The command a line calls."""
    words = line.split()
    both = " ".join(words[:2])
    return both if both in commands() else words[0]


def options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    for other in UNITS:
        text = other.read_text(encoding="utf-8").replace(INTERPRETER, sys.executable)
        (tmp_path / other.name.replace("@.", "@8080.")).write_text(text)
    path = tmp_path / unit.name.replace("@.", "@8080.")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "chexin" in line]
    assert said == []


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_calls_a_command_there_is_and_outlasts_a_drain(unit: Path) -> None:
    from bot.commands.runner import LAST_RESORT_S

    text = unit.read_text(encoding="utf-8")
    (line,) = re.findall(rf"^ExecStart={INTERPRETER} run_bot\.py (.*)$", text, re.M)
    command = commands()[named(line)]
    assert set(re.findall(r"--[a-z-]+", line)) <= options(command)
    for found in re.findall(r"^TimeoutStopSec=(\d+)$", text, re.M):
        assert int(found) > LAST_RESORT_S
    names = {
        word.split("=")[0]
        for found in re.findall(r"^Environment=(.*)$", text, re.M)
        for word in found.split()
    }
    assert names <= SETTINGS | OTHERS


def test_the_containers_settings_and_commands_are_real() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, service in services.items():
        assert set(service.get("environment", {})) <= SETTINGS | OTHERS, name
        if str(service.get("image")) == "chexin":
            command = commands()[named(" ".join(service["command"]))]
            assert {word for word in service["command"] if word.startswith("--")} <= options(command), name
            assert float(service["stop_grace_period"].rstrip("s")) > 25


def test_the_image_holds_every_room_and_nothing_that_is_not_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    sources = {source for sources in copied for source in sources}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {"bot", "crm_core", "intents", "retrieval", "schedulers", "run_bot.py", "examples"} <= sources
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources <= kept
    user, start = text.index("\nUSER "), text.index("\nENTRYPOINT ")
    assert user < start
    assert "HEALTHCHECK" in text


def test_the_guide_calls_commands_there_are() -> None:
    called = re.findall(
        r"(?:^|[`&(;] ?|\$\()(?:CHEXIN_\w+=\S* )*(?:chexin|run_bot\.py) ([a-z][^`#|\n]*)", GUIDE, re.M
    )
    assert len(called) > 20
    known = commands()
    for line in called:
        name = named(line)
        assert name in known, line
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) <= options(known[name]), line


def test_the_guide_names_settings_and_metrics_there_are() -> None:
    told = set(re.findall(r"\b((?:CHEXIN|CHROMA|PUBLIC|TRUSTED)_[A-Z_]+)\b", GUIDE))
    assert told - SETTINGS == set()
    metrics = Metrics().text({"timers": 0}).decode()
    assert [name for name in set(re.findall(r"\bchexin_[a-z_]+\b", GUIDE)) if name not in metrics] == []


def test_the_guide_names_files_there_are() -> None:
    for name in set(re.findall(r"deploy/[\w./@-]*\w", GUIDE)) - {"deploy/.env"}:
        assert (ROOT / name).exists(), name
