"""The commands an administrator types, from an empty directory on."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import run_bot
from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.settings import Settings


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory, away from any .env file."""
    monkeypatch.setenv("CHEXIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def chexin(*args: str) -> Result:
    return CliRunner().invoke(run_bot.app, list(args))


def opened(directory: Path) -> Core:
    return Core.open(Settings(data_dir=directory), SystemClock())


def make_admin(*more: str) -> Result:
    return chexin("admin", "周敏", "--unit", "Starway.East.Pudong", "--unit-name", "星驰浦东店", *more)


def test_the_first_administrator_of_an_empty_deployment(directory: Path) -> None:
    made = make_admin()
    assert made.exit_code == 0, made.output
    (token,) = re.findall(r"^http://127\.0\.0\.1:8080/sign-in\?token=(\S+)$", made.output, re.M)
    core = opened(directory)
    admin = core.actor("admin")
    assert (admin.name, admin.role, admin.unit) == ("周敏", "admin", "starway.east.pudong.")
    assert core.invites.redeem(token, "web", core.now()) == ("starway", admin.id)
    assert core.invites.redeem(token, "web", core.now()) is None, "once"
    core.close()


def test_the_same_again_makes_nobody_new_and_prints_another_link(directory: Path) -> None:
    first, second = make_admin(), make_admin()
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output != second.output
    core = opened(directory)
    assert core.tenants() == ["starway"]
    core.close()


def test_an_administrator_of_the_whole_group_who_comes_by_telegram(directory: Path) -> None:
    made = chexin("admin", "集团总部", "--unit", "starway", "--channel", "telegram", "--id", "boss", "--language", "en")
    assert re.match(r"/start \S{20,64}\n", made.output), made.output
    core = opened(directory)
    boss = core.actor("boss")
    assert (boss.role, boss.unit, boss.language) == ("group_admin", "starway.", "en")
    core.close()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("别人", "--unit", "starway.east.pudong"), "Somebody else has the id “admin” already"),
        (("别人", "--unit", "stairway.east.pudong", "--id", "x"), "There is no group “stairway” here yet, only starway"),
        (("别人", "--unit", "star way", "--id", "x"), "unit"),
        (("别人", "--unit", "starway.east.pudong", "--id", "x", "--channel", "fax"), "fax"),
    ],
)
def test_what_is_refused_is_said_in_one_line(directory: Path, args: tuple[str, ...], says: str) -> None:
    make_admin()
    refused = chexin("admin", *args)
    assert refused.exit_code == 2
    assert says in refused.output
    assert refused.output.startswith("error: ")
    assert refused.output.count("\n") == 1


def test_another_group_is_made_when_it_is_said_to_be_new(directory: Path) -> None:
    make_admin()
    made = chexin("admin", "别人", "--unit", "other.west.x", "--new-group")
    assert made.exit_code == 0, made.output
    core = opened(directory)
    assert core.tenants() == ["other", "starway"]
    assert core.actor("admin", "other").name == "别人"
    core.close()


def test_from_a_backup_to_going_on(directory: Path, tmp_path: Path) -> None:
    make_admin()
    (tmp_path / "backups").mkdir()
    for _ in range(2):
        done = chexin("backup", str(tmp_path / "backups" / "one.backup"))
        assert done.exit_code == 0, done.output
    assert "the secret key" in done.output, "it says what is not in it"
    file = str(tmp_path / "backups" / "one.backup")
    told = json.loads(chexin("restore", file, "--look").stdout)
    assert told["counts"]["people"] == 1
    refused = chexin("restore", file)
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert chexin("deliveries", "status").exit_code == 0
    back = chexin("restore", file, "--force")
    assert back.exit_code == 0, back.output
    assert "deliveries resume --skip" in back.output
    paused = chexin("deliveries", "status")
    assert paused.exit_code == 1
    assert "PAUSED (restored)" in paused.output
    assert chexin("deliveries", "resume").exit_code == 2
    assert chexin("deliveries", "resume", "--skip", "--resend").exit_code == 2
    assert chexin("deliveries", "resume", "--skip").exit_code == 0
    assert chexin("deliveries", "status").exit_code == 0
    assert chexin("deliveries", "resume", "--skip").exit_code == 2, "nothing is paused any more"


def test_a_folder_keeps_the_newest_backups(directory: Path, tmp_path: Path) -> None:
    make_admin()
    (tmp_path / "backups").mkdir()
    for day in (1, 2):
        (tmp_path / "backups" / f"chexin-2026010{day}-030000.backup").touch()
    made = Path(chexin("backup", str(tmp_path / "backups"), "--keep", "1").stdout.strip())
    assert list((tmp_path / "backups").iterdir()) == [made]


def test_restored_elsewhere_it_needs_its_key(directory: Path, tmp_path: Path) -> None:
    make_admin()
    chexin("backup", str(tmp_path / "b"))
    refused = chexin("restore", str(tmp_path / "b"), "--into", str(tmp_path / "drill"))
    assert refused.exit_code == 2
    assert "copy its secret.key" in refused.output
    (tmp_path / "drill").mkdir(exist_ok=True)
    (tmp_path / "drill" / "secret.key").write_text((directory / "secret.key").read_text())
    assert chexin("restore", str(tmp_path / "b"), "--into", str(tmp_path / "drill")).exit_code == 0
    core = opened(tmp_path / "drill")
    assert core.actor("admin").name == "周敏"
    core.close()


def test_the_made_key_is_replaced(directory: Path) -> None:
    make_admin()
    before = (directory / "secret.key").read_text()
    assert chexin("rotate-key", "--check").exit_code == 0
    done = chexin("rotate-key")
    assert done.exit_code == 0, done.output
    assert (directory / "secret.key").read_text() != before
    assert before in {path.read_text() for path in directory.glob("secret.key.*")}
    assert chexin("rotate-key", "--check").exit_code == 0
    opened(directory).close()


def test_the_schema_by_hand(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEXIN_MIGRATE", "manual")
    assert chexin("migrate", "--check").exit_code == 1
    refused = make_admin()
    assert refused.exit_code == 2
    assert "run_bot.py migrate" in refused.output
    done = chexin("migrate")
    assert done.exit_code == 0
    assert "from nothing to" in done.output
    assert chexin("migrate", "--check").exit_code == 0
    assert make_admin().exit_code == 0


def test_a_newer_database_is_noted_by_check(directory: Path) -> None:
    make_admin()
    core = opened(directory)
    with core.database.write() as session:
        session.connection().exec_driver_sql("update alembic_version set version_num = '9999'")
    core.close()
    assert "the database is at 9999" in chexin("check").output
    done = chexin("migrate")
    assert "the database is at 9999" in done.output
    assert done.exit_code == 0, "there is nothing to do"


@pytest.mark.parametrize("args", [("migrate",), ("backup", "b"), ("rotate-key",), ("deliveries", "status")])
def test_a_database_that_is_away_is_said_in_one_line_without_its_password(
    directory: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CHEXIN_DATABASE_URL", "postgresql://chexin:hunter2@127.0.0.1:1/chexin")
    monkeypatch.setenv("CHEXIN_SECRET_KEY", "k" * 40)
    refused = chexin(*args)
    assert refused.exit_code == 2
    assert refused.output.startswith("error: CHEXIN_DATABASE_URL: the database cannot be used: connection")
    assert refused.output.count("\n") == 1
    assert "hunter2" not in refused.output


def test_check_tells_of_a_database_that_is_away_beside_the_rest(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEXIN_DATABASE_URL", "postgresql://chexin@127.0.0.1:1/chexin")
    monkeypatch.setenv("CHEXIN_SECRET_KEY", "short")
    done = chexin("check")
    assert done.exit_code == 1
    assert "CHEXIN_DATABASE_URL: the database cannot be used" in done.output
    assert "CHEXIN_SECRET_KEY: needs 32" in done.output


def test_a_port_in_use_stops_the_start_before_anything_is_opened(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        refused = chexin("serve")
    assert refused.exit_code == 2
    assert "cannot listen on 127.0.0.1" in refused.output
    assert "in use" in refused.output
    assert not directory.exists()
