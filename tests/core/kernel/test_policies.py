"""Policies: the nearest scope wins, says where it stands, and a mistake names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from crm_core.api import check_settings
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Policies
from crm_core.kernel.settings import Settings

LIMITS = """\
limit: 5000
clock: working
steps: [a, b]
overrides:
  - unit: star.east.
    set: {limit: 6000}
  - unit: star.east.pudong.
    set:
      limit: 8000
  - line: parts
    set: {clock: calendar, limit: 1}
"""


class Limits(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int
    clock: str
    steps: list[str]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    root = tmp_path / "shipped"
    root.mkdir()
    (root / "limits.yaml").write_text(LIMITS)
    return root


@pytest.fixture
def extra(tmp_path: Path) -> Path:
    root = tmp_path / "extra"
    root.mkdir()
    return root


@pytest.mark.parametrize(
    ("unit", "line", "limit", "clock", "source"),
    [
        ("", "", 5000, "working", "limits.yaml:1"),
        ("star.west.pudong.", "", 5000, "working", "limits.yaml:1"),
        ("star.east.minhang.", "", 6000, "working", "limits.yaml:5 (star.east.)"),
        ("star.east.pudong.", "", 8000, "working", "limits.yaml:7 (star.east.pudong.)"),
        ("star.east.pudong.team.", "", 8000, "working", "limits.yaml:7 (star.east.pudong.)"),
        ("star.east.pudong2.", "", 6000, "working", "limits.yaml:5 (star.east.)"),
        ("", "parts", 1, "calendar", "limits.yaml:10 (parts)"),
        ("star.east.pudong.", "parts", 8000, "calendar", "limits.yaml:7 (star.east.pudong.)"),
    ],
)
def test_the_nearest_scope_wins_and_says_where(
    shipped: Path, unit: str, line: str, limit: int, clock: str, source: str
) -> None:
    found = Policies(shipped=shipped).get("limits", unit=unit, line=line)
    assert (found.values["limit"], found.values["clock"]) == (limit, clock)
    assert found.sources["limit"] == source


def test_a_deployment_replaces_keys_and_adds_overrides(shipped: Path, extra: Path) -> None:
    (extra / "limits.yaml").write_text("limit: 7000\noverrides:\n- unit: star.west.\n  set: {limit: 9000}\n")
    (extra / "own.yaml").write_text("anything: 1\n")
    policies = Policies(extra, shipped)
    assert policies.model("limits", Limits) == Limits(limit=7000, clock="working", steps=["a", "b"])
    assert policies.model("limits", Limits, unit="star.west.x.").limit == 9000
    assert policies.model("limits", Limits, unit="star.east.x.").limit == 6000, "shipped overrides stay"
    assert policies.get("own").values == {"anything": 1}


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [
        ("limit: many\nclock: x\nsteps: []\n", "", "limits.yaml:1: limit: Input should be a valid integer"),
        ("limit: 1\nclock: x\nsteps:\n- a\n- {b: 1}\n", "", "limits.yaml:5: steps.1: Input should be a valid string"),
        ("limit: 1\nclock: x\nsteps: []\nlimt: 2\n", "", "limits.yaml:4: limt: Extra inputs"),
        ("clock: x\nsteps: []\n", "", "limit: Field required"),
        ("limit: 1\nclock: x\nsteps: []\noverrides:\n- unit: a.\n  set:\n    clock: y\n    limit: z\n", "a.b.",
         "limits.yaml:8: limit: Input should be a valid integer"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_file_and_line(
    tmp_path: Path, shipped: Path, text: str, unit: str, says: str
) -> None:
    (shipped / "limits.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        Policies(shipped=shipped).model("limits", Limits, unit=unit)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "bad.yaml:3: 'a' is given twice"),
        ("a:\n  x: 1\n  y: 2\n  x: 3\n", "bad.yaml:4: 'x' is given twice"),
        ("a: 1\nb: [1, 2\nc: 3\n", "bad.yaml:3"),
        ("- a\n- b\n", "bad.yaml:1: must be a mapping"),
        ("a: 1\nday: 2026-02-30\n", "bad.yaml:2"),
        ("a: 1\nrun: !!python/object/apply:os.system ['true']\n", "bad.yaml:2"),
        ("a: 1\noverrides:\n- {set: {a: 2}}\n", "bad.yaml:3: an override has `unit:` or `line:`"),
        ("a: 1\noverrides:\n- {unit: x., a: 2}\n", "bad.yaml:3: an override needs `set:`"),
        ("a: 1\noverrides:\n- unit: x.\n  set: {a: 2}\n- unit: x.y\n  set: {a: 2}\n", "bad.yaml:5: the unit 'x.y'"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(shipped: Path, text: str, says: str) -> None:
    (shipped / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        Policies(shipped=shipped)
    assert says in str(error.value)


def test_an_empty_file_says_nothing(shipped: Path) -> None:
    (shipped / "empty.yaml").write_text("# nothing yet\n")
    assert Policies(shipped=shipped).get("empty").values == {}


def test_the_directory_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CHEXIN_POLICIES"):
        Policies(tmp_path / "nowhere")


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Policies().get("nothing")


def check(tmp_path: Path, name: str, text: str) -> list[str]:
    root = tmp_path / "policies"
    root.mkdir()
    (root / name).write_text(text)
    return check_settings(Settings(_env_file=None, data_dir=tmp_path, policies=root, secret_key=SecretStr("x" * 32)))


def test_the_shipped_policies_are_good(tmp_path: Path) -> None:
    assert check(tmp_path, "privacy.yaml", "dedupe_scope: group\n") == []


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("assignment.yaml", "rules:\n- name: x\n  reason: {zh: 一}\n", "assignment.yaml:3: rules.0.reason.en"),
        ("privacy.yaml", "dedupe_scope: world\n", "privacy.yaml:1: dedupe_scope"),
        ("hours.yaml", "week:\n  monday: []\n", "hours.yaml:"),
        ("hours.yaml", "overrides:\n- unit: a.\n  set: {quiet_from: '25:00'}\n", "hours.yaml:3: quiet_from"),
        ("access.yaml", "roles:\n  rep:\n    lead: {read: all}\n", "access.yaml:3: unknown scope 'all'"),
        ("access.yaml", "overrides:\n- unit: a.\n  set: {roles: {}}\n", "access.yaml:2: access has no overrides"),
    ],
)
def test_check_finds_what_is_wrong_in_any_scope(tmp_path: Path, name: str, text: str, says: str) -> None:
    problems = check(tmp_path, name, text)
    assert len(problems) == 1
    assert says in problems[0]
