"""Suite O: what can be seen without running it, by tools that cannot pass without having looked (T28, T31, T36)."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.trust.support.size import FULL

pytestmark = pytest.mark.trust
ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bot", "crm_core", "intents", "retrieval", "schedulers")


def tool(name: str) -> ModuleType:
    """A program of `tools/` as a module."""
    loader = importlib.machinery.SourceFileLoader(f"tools_{name}", str(ROOT / "tools" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


# bandit


# Looked at, one by one; whatever else it finds is red. B506: our loaders derive from SafeLoader. B608: names of our own
# tables and columns, never words of people. B310: addresses from the settings of whoever runs it.
KNOWN = {
    ("bot/texts/texts.py", "B506"), ("crm_core/kernel/policies.py", "B506"), ("intents/data.py", "B506"),
    ("retrieval/data/__init__.py", "B506"), ("crm_core/customers/finding.py", "B608"),
    ("crm_core/kernel/backup.py", "B608"), ("crm_core/kernel/claims.py", "B608"), ("crm_core/kernel/inbox.py", "B608"),
    ("crm_core/kernel/rowsecurity.py", "B608"), ("crm_core/privacy/sync.py", "B608"),
    ("crm_core/migrations/versions/0002_delivery_renewals_absences.py", "B608"), ("schedulers/heartbeat.py", "B310"),
}  # fmt: skip


def bandit(*paths: Path) -> list[tuple[str, str, int]]:
    """(file, check, line) of what is of medium or high severity. Fails when it did not read the files."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", "-ll", *map(str, paths)]
    said = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout)
    assert said["errors"] == []
    assert said["metrics"]["_totals"]["loc"] > 0
    return [(one["filename"].removeprefix("./"), one["test_id"], one["line_number"]) for one in said["results"]]


@pytest.mark.skipif(not FULL, reason="reads every file, which takes a minute; make trust does it")
def test_bandit_finds_nothing_new() -> None:
    pytest.importorskip("bandit")
    found = bandit(*(ROOT / room for room in ROOMS), ROOT / "run_bot.py")
    new = [one for one in found if (str(Path(one[0]).relative_to(ROOT)) if Path(one[0]).is_absolute() else one[0],
                                    one[1]) not in KNOWN]  # fmt: skip
    assert new == []


def test_bandit_goes_red(tmp_path: Path) -> None:
    """Planted: a shell, a weak digest, a pickle, a query made of words."""
    pytest.importorskip("bandit")
    (tmp_path / "bad.py").write_text(
        "import hashlib, pickle, subprocess\n"
        "def f(words, session):\n"
        "    subprocess.call(words, shell=True)\n"
        "    hashlib.md5(words)\n"
        "    pickle.loads(words)\n"
        "    session.execute('select * from customers where name = \"%s\"' % words)\n"
    )
    assert {check for _, check, _ in bandit(tmp_path)} >= {"B602", "B324", "B301", "B608"}


# Our own rules


# Where statements may be written in words or on plain tables; everybody else goes through the tables' classes, which
# the session looks after (`tenancy.py`). Who is added here names his tenant in each of them, or is the deployment's.
PLAIN = {
    "crm_core/kernel/*", "crm_core/migrations/*", "crm_core/channels/*", "crm_core/chat/*", "crm_core/errands/queue.py",
    "crm_core/imports/catalogue.py", "crm_core/fitment/applications.py", "crm_core/delivery/folding.py",
    "crm_core/delivery/handlers.py", "crm_core/delivery/troubles.py", "crm_core/customers/finding.py",
    "crm_core/privacy/*", "crm_core/servicedesk/window.py",
}  # fmt: skip
# Where one may be put together from pieces: names of our own tables and columns, never words of people.
PIECES = {"crm_core/kernel/*", "crm_core/migrations/*", "crm_core/customers/finding.py", "crm_core/privacy/sync.py"}
# Where a look across tenants may begin.
ACROSS = {
    "crm_core/api.py", "crm_core/kernel/*", "crm_core/channels/*", "crm_core/chat/*", "crm_core/errands/queue.py",
    "crm_core/privacy/*", "crm_core/servicedesk/window.py",
}  # fmt: skip
HANDLES = {"crm_core/kernel/db.py", "crm_core/kernel/backup.py", "crm_core/kernel/migrate.py", "crm_core/kernel/moving.py"}
CHROMA = {"retrieval/chroma.py"}
_INDEX_TEXT = {"sqlite_where", "postgresql_where", "server_default"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """(the dotted name of what is called, the call), but for the words of an index in a table's declaration."""
    declared = {id(word.value) for node in ast.walk(tree) if isinstance(node, ast.Call)
                for word in node.keywords if word.arg in _INDEX_TEXT}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in declared:
            yield ast.unparse(node.func), node


def wrongs(path: str, source: str) -> list[str]:
    """What a file does that only others may do."""
    found = []
    for name, call in calls(ast.parse(source)):
        last = name.rpartition(".")[2]
        made = call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        if name == "text" and "sqlalchemy" in source and not allowed(path, PLAIN):
            found.append("a statement in words")
        if name in ("text", "sqlalchemy.text") and made and not allowed(path, PIECES):
            found.append("a statement made of pieces")
        if last in ("connection", "exec_driver_sql") and "session" in name and not allowed(path, PLAIN):
            found.append("a statement on plain tables")
        if name.endswith(("database.read", "database.write")) and not call.args and not allowed(path, ACROSS):
            found.append("a look across tenants")
        if last in ("create_engine", "make_engine") and not allowed(path, HANDLES):
            found.append("a database of its own")
        if last in ("PersistentClient", "HttpClient", "get_or_create_collection", "get_collection") and path not in CHROMA:
            found.append("a raw handle of the index")
    return found


def allowed(path: str, places: set[str]) -> bool:
    return any(Path(path).match(place) or (place.endswith("/*") and path.startswith(place[:-1])) for place in places)


def sources() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_statements_and_handles_stand_only_where_they_may() -> None:
    looked = {path: wrongs(path, source) for path, source in sources()}
    assert len(looked) > 300
    assert {path: found for path, found in looked.items() if found} == {}


@pytest.mark.parametrize(("place", "planted"), [
    ("crm_core/deals/queries.py", "from sqlalchemy import text\nsession.execute(text('select 1'))"),
    ("crm_core/delivery/troubles.py", "from sqlalchemy import text\nsession.execute(text(f'select {words}'))"),
    ("crm_core/leads/queries.py", "session.connection().execute(query)"),
    ("crm_core/orders/queries.py", "with core.database.read() as session: pass"),
    ("bot/skills/leads.py", "with core.database.write() as session: pass"),
    ("crm_core/insights/queries.py", "engine = create_engine(url)"),
    ("retrieval/answer.py", "client.get_or_create_collection('all')"),
])  # fmt: skip
def test_our_own_rules_go_red(place: str, planted: str) -> None:
    assert wrongs(place, planted)


# Secrets


def test_no_secret_in_the_tree() -> None:
    done = subprocess.run([sys.executable, "tools/secrets", *([] if FULL else ["--tree"])], cwd=ROOT,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert int(done.stderr.split()[0]) > 500


def planted_secrets() -> list[str]:
    """Put together here, so that this file holds none."""
    return [
        "bot = '" + "7312845590:" + "AAHk3vQ9x_" + "LmWz8TgYpR2" + "nUeJ5sXcD4bQw1'",
        "key = '" + "AKIA" + "QZ7XHR2LMWPT4VNB" + "'",
        "git = '" + "ghp_" + "k3Jx9QmZ7vTn2LpWb8YcRs5HdGf4AeUo1iXq" + "'",
        "url = 'postgresql://chexin:" + "Zk8vQ3xL" + "p2Wm@db.internal/chexin'",
        "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n" * 2,
    ]


@pytest.mark.parametrize("number", range(5))
def test_a_planted_secret_is_found_also_after_it_was_deleted(tmp_path: Path, number: int) -> None:
    def git(*args: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=n@localhost", *args],
                       check=True, capture_output=True)  # fmt: skip

    def scan(*args: str) -> int:
        return subprocess.run([sys.executable, "tools/secrets", str(tmp_path), *args], cwd=ROOT, check=False,
                              capture_output=True).returncode  # fmt: skip

    git("init", "-q")
    (tmp_path / "settings.py").write_text(planted_secrets()[number])
    git("add", ".")
    git("commit", "-qm", "one")
    assert scan("--tree") == 1
    (tmp_path / "settings.py").write_text("key = ''\n")
    git("commit", "-qam", "two")
    assert (scan("--tree"), scan()) == (0, 1)


# What we are made of


def test_every_locked_package_is_in_the_bill_with_its_hashes() -> None:
    sbom = tool("sbom")
    lock = (ROOT / "requirements.lock").read_text()
    bill = sbom.bill(lock)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert len(bill["components"]) == sum("==" in line and not line.startswith(" ") for line in lock.splitlines())
    assert all(one["externalReferences"][0]["hashes"] for one in bill["components"])
    assert len({one["bom-ref"] for one in bill["components"]}) == len(bill["components"])
    assert sum(len(one["externalReferences"][0]["hashes"]) for one in bill["components"]) == lock.count("--hash=sha256:")
    assert sbom.bill(lock) == bill


def said(pin: str, *advisories: str) -> dict[str, Any]:
    name, _, version = pin.partition("==")
    return {"name": name, "version": version, "vulns": [{"id": one} for one in advisories]}


def test_an_audit_of_packages_that_asked_nobody_is_no_audit() -> None:
    audit = tool("audit")
    pins = audit.pins((ROOT / "requirements.lock").read_text())
    assert len(pins) > 60
    good = [said(pin) for pin in pins]
    assert audit.judge(pins, good) == []
    assert audit.judge(pins, None)
    assert audit.judge([], [])
    assert audit.judge(pins, [])
    assert audit.judge(pins, good[1:]) == [f"{pins[0]}: not asked about"]
    assert audit.judge(pins, [said(pins[0], "PYSEC-1"), *good[1:]])[0].endswith("PYSEC-1")


@pytest.mark.skipif(not FULL, reason="asks the public advisories")
def test_no_locked_package_is_known_to_be_bad() -> None:
    """Where the advisories cannot be reached this is skipped, and says that it was."""
    pytest.importorskip("pip_audit")
    done = subprocess.run([sys.executable, "tools/audit"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == tool("audit").NOT_AUDITED:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout
