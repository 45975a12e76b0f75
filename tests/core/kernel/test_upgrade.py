"""A new version beside the old one: schema changes run once, only add, and older processes go on working."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, MetaData, Table, inspect, text

from crm_core.api import Core
from crm_core.kernel import migrate
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.db import Database, make_engine, normal_url
from crm_core.kernel.errors import ConfigError, Unavailable
from crm_core.kernel.settings import Settings
from tests.conftest import NOW, TEST_KEY

ROOT = Path(__file__).resolve().parents[3]
# Four processes that begin at the same moment, each with a data directory of its own; the exit code counts failures.
OPEN_FOUR = """
import os
from crm_core.api import Core

def start(place):
    os.environ["CHEXIN_DATA_DIR"] = place
    Core.open().close()

ready, go = os.pipe()
born = []
for n in range(4):
    if (pid := os.fork()) == 0:
        os.close(go)
        os.read(ready, 1)
        start(f"{os.environ['CHEXIN_DATA_DIR']}/{n}")
        os._exit(0)
    born.append(pid)
os.close(go)
raise SystemExit(sum(os.waitpid(pid, 0)[1] != 0 for pid in born))
"""
TAKES_AWAY = {"drop_column", "drop_table", "rename_table", "drop_constraint", "execute_drop"}


def versions() -> list[Path]:
    return sorted((migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))


@pytest.fixture
def engine(empty_database_url: str) -> Any:
    """An engine over a database of the first released schema."""
    migrate.upgrade(empty_database_url, "0001")
    made = make_engine(normal_url(empty_database_url))
    yield made
    made.dispose()


def columns(engine: Engine) -> dict[str, dict[str, Any]]:
    """Every column by table and name, as the database describes it."""
    found = inspect(engine)
    return {name: {c["name"]: c for c in found.get_columns(name)} for name in found.get_table_names()}


# Once, however many ask


def test_four_processes_start_on_an_empty_database_at_once(empty_database_url: str, tmp_path: Path) -> None:
    env = {**os.environ, "CHEXIN_DATABASE_URL": empty_database_url, "CHEXIN_SECRET_KEY": TEST_KEY}
    done = subprocess.run([sys.executable, "-c", OPEN_FOUR], cwd=ROOT, capture_output=True, text=True, timeout=240,
                          env={**env, "CHEXIN_DATA_DIR": str(tmp_path)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert migrate.current(empty_database_url) == migrate.head()


@pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True)
def test_a_table_in_use_holds_a_change_up_and_nobody_behind_it(
    engine: Engine, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TABLE_WAIT_S", 0.2)
    monkeypatch.setattr(migrate, "RETRIES", (0.1,) * 100)
    with engine.connect() as worker:
        worker.execute(text("select count(*) from outbox"))
        change = threading.Thread(target=migrate.upgrade, args=(empty_database_url,))
        change.start()
        change.join(timeout=1.0)
        assert change.is_alive(), "it waits for the reader"
        with engine.connect() as other:
            other.execute(text("set statement_timeout = '3s'"))
            assert other.execute(text("select count(*) from outbox")).scalar() == 0
    change.join(timeout=30)
    assert migrate.current(empty_database_url) == migrate.head()


@pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True)
def test_tables_that_stay_busy_are_said_and_nothing_is_changed(
    engine: Engine, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TABLE_WAIT_S", 0.1)
    monkeypatch.setattr(migrate, "RETRIES", (0, 0))
    with engine.connect() as worker:
        worker.execute(text("select count(*) from timers"))
        with pytest.raises(ConfigError, match="quieter moment"):
            migrate.upgrade(empty_database_url)
    assert migrate.current(empty_database_url) == "0001"
    assert "workers" not in inspect(engine).get_table_names()


# Only adding


def constraints(upgrade: ast.FunctionDef, method: str) -> list[str]:
    """The names given to `batch_op.METHOD(batch_op.f("NAME"), …)`."""
    calls = [n for n in ast.walk(upgrade) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    named = [n.args[0] for n in calls if isinstance(n.func, ast.Attribute) and n.func.attr == method]
    return [word.value for name in named for word in ast.walk(name) if isinstance(word, ast.Constant)]


@pytest.mark.parametrize("path", versions()[1:], ids=lambda path: path.stem)
def test_a_change_takes_nothing_away(path: Path) -> None:
    """What is not needed any more goes one version later, when no process knows it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (upgrade,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "upgrade"]
    called = {
        n.func.attr
        for n in ast.walk(upgrade)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    assert called & TAKES_AWAY <= {"drop_constraint"}
    # What is unique by fewer columns may become so by more: all that older processes write satisfies that, too.
    wider = constraints(upgrade, "create_unique_constraint")
    for name in constraints(upgrade, "drop_constraint"):
        assert [new for new in wider if new.startswith(f"{name}_")], name
    for call in [n for n in ast.walk(upgrade) if isinstance(n, ast.Call)]:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "alter_column":
            named = {word.arg: ast.unparse(word.value) for word in call.keywords}
            assert named.get("nullable") != "False"
            assert "new_column_name" not in named


def test_an_older_process_can_still_write_every_table(engine: Engine, empty_database_url: str) -> None:
    before = columns(engine)
    migrate.upgrade(empty_database_url)
    for table, found in columns(engine).items():
        if table in before:
            new = [c for name, c in found.items() if name not in before[table]]
            assert [c["name"] for c in new if not c["nullable"] and c["default"] is None] == [], table
            assert set(before[table]) <= set(found), table
            for name, column in before[table].items():
                assert str(found[name]["type"]) == str(column["type"]), f"{table}.{name}"
                assert found[name]["nullable"] == column["nullable"], f"{table}.{name}"


def test_rows_of_the_first_version_stay_and_its_inserts_still_work(
    engine: Engine, empty_database_url: str
) -> None:
    old = MetaData()
    old.reflect(engine)
    for number in (1, 2):
        with engine.begin() as connection:
            for table in old.sorted_tables:
                if table.name != "alembic_version":
                    connection.execute(table.insert().values(old_row(table, number)))
        migrate.upgrade(empty_database_url)
    with engine.connect() as connection:
        for table in old.sorted_tables:
            count = connection.execute(text(f"select count(*) from {table.name}")).scalar()
            assert count == (1 if table.name == "alembic_version" else 2), table.name
        accounts = connection.execute(text("select account from outbox order by dedupe_key")).scalars().all()
    assert accounts == ["web", ""], (
        "rows that were there get their account; the reaper gives it to later ones"
    )


def old_row(table: Table, number: int) -> dict[str, Any]:
    """A row with the columns the first version knew; unique by `number`."""
    made: dict[str, Any] = {}
    for column in table.columns:
        kind = str(column.type).upper()
        if column.name == "id" and "INT" in kind:
            continue
        if column.nullable:
            continue
        if "CHAR" in kind or kind == "TEXT":
            made[column.name] = (
                f"web:{number}" if column.name == "chat" else f"{column.name[:8]}{number}"[: length(kind)]
            )
        elif "INT" in kind or kind in ("FLOAT", "DOUBLE PRECISION"):
            made[column.name] = number
        elif kind == "BOOLEAN":
            made[column.name] = False
        elif "JSON" in kind:
            made[column.name] = {}
        elif kind == "DATE":
            made[column.name] = NOW.date()
        elif "TIME" in kind:
            made[column.name] = NOW
        else:
            made[column.name] = bytes([number])
    return made


def length(kind: str) -> int:
    found = re.search(r"\((\d+)", kind)
    return int(found[1]) if found else 60


@pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True)
def test_what_an_older_process_prepared_before_the_change_works_again(
    engine: Engine, empty_database_url: str
) -> None:
    database = Database(empty_database_url)
    statement = text("select * from timers")

    def look() -> None:
        with database.write() as session:
            session.connection().execute(statement, execution_options={"prepare": True}).all()

    for _ in range(8):
        look()
    migrate.upgrade(empty_database_url)
    with pytest.raises(Unavailable):
        look()
    look()
    database.close()


# Which version may work on which schema


def opened(url: str, tmp_path: Path, **more: Any) -> Core:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url=url, secret_key=SecretStr(TEST_KEY), **more
    )  # type: ignore[call-arg]
    return Core.open(settings, FixedClock(NOW))


def test_a_database_that_a_later_version_changed_still_serves_this_one(
    database_url: str, tmp_path: Path
) -> None:
    core = opened(database_url, tmp_path)
    with core.database.write() as session:
        session.connection().execute(text("update alembic_version set version_num = '9999'"))
    core.close()
    core = opened(database_url, tmp_path)
    assert core.tenants() == []
    core.close()
    assert migrate.is_newer(migrate.current(database_url))


def test_by_hand_a_start_waits_for_the_change(empty_database_url: str, tmp_path: Path) -> None:
    migrate.upgrade(empty_database_url, "0001")
    with pytest.raises(
        ConfigError, match=r"is at 0001 and this version needs \d+; run `run_bot.py migrate` first"
    ):
        opened(empty_database_url, tmp_path, migrate="manual")
    assert migrate.current(empty_database_url) == "0001"
    migrate.upgrade(empty_database_url)
    opened(empty_database_url, tmp_path, migrate="manual").close()
