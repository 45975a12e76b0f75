"""The promises of the project's own files: locks, import rules, settings, links."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock")
OWN = ("bot", "intents", "crm_core", "retrieval", "schedulers", "benchmarks", "run_bot", "tests")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs")


def pinned(lock: str) -> dict[str, set[str]]:
    """The versions a lock pins, by canonical name; several where Pythons differ."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.M):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_every_package_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.findall(r"^--?(?:index|extra-index|find-links).*", text, re.M)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        (
            "requirements-dev.lock",
            list(chain.from_iterable(PROJECT["project"]["optional-dependencies"][name] for name in ("test", "dev"))),
        ),
    ],
)
def test_the_lock_follows_pyproject(lock: str, wanted: list[str]) -> None:
    versions = pinned(lock)
    for requirement in map(Requirement, wanted):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not in {lock}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found), requirement


def test_both_locks_agree() -> None:
    runtime, development = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == runtime


def imported(top: Path) -> set[str]:
    """The top-level names that Python files import, without this project's own and the standard library's."""
    found: set[str] = set()
    for path in [top] if top.is_file() else top.rglob("*.py"):
        if top.name == "benchmarks" and path.parent.name == "faults":
            continue  # needs what tests need, and is asked for by itself
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - set(OWN)


@pytest.mark.parametrize("room", [*OWN, "benchmarks/faults"])
def test_what_is_imported_is_declared(room: str) -> None:
    path = next(path for path in (ROOT / room, ROOT / f"{room}.py") if path.exists())
    declared = list(PROJECT["project"]["dependencies"])
    if room in ("tests", "benchmarks/faults"):
        declared += chain.from_iterable(PROJECT["project"]["optional-dependencies"].values())
    names = {canonicalize_name(Requirement(line).name) for line in declared}
    # What only an extra brings need not be installed here.
    extras = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["optional-dependencies"]["vin"]}
    providers = metadata.packages_distributions()
    unknown = {
        module
        for module in imported(path) - extras
        if not names & {canonicalize_name(distribution) for distribution in providers.get(module, [])}
    }
    assert unknown == set(), "add it to pyproject.toml and docs/decisions/0002, then `make lock`"


def test_the_example_settings_set_nothing_and_explain_everything() -> None:
    blocks = (ROOT / ".env.example").read_text(encoding="utf-8").split("\n\n")
    for block in blocks:
        lines = block.strip().splitlines()
        assert all(line.startswith("#") for line in lines), block
        names = [line for line in lines if re.match(r"#[A-Z][A-Z_]+=", line)]
        assert not names or lines[0].startswith("# "), f"say what it is for: {block}"


def test_every_setting_is_explained() -> None:
    from bot.settings import BotSettings
    from crm_core.kernel.settings import Settings

    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    names = [
        f"{kind.model_config.get('env_prefix', '')}{field}".upper()
        for kind in (Settings, BotSettings)
        for field in kind.model_fields
    ]
    assert [name for name in names if f"\n#{name}=" not in text] == []


def documents() -> list[Path]:
    found = [ROOT / name for name in DOCUMENTS]
    return [path for top in found for path in ([top] if top.is_file() else sorted(top.rglob("*.md")))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (path.parent / target).exists()] == []


# One breach of every contract: who imports what.
BREACHES = {
    "crm_core/a.py": "import bot, aiogram, wechatpy.enterprise, fastapi, chromadb, apscheduler.triggers",
    "intents/a.py": "import langchain_core.messages, retrieval",
    "schedulers/a.py": "import bot",
    "bot/a.py": "import sqlalchemy.orm, run_bot",
    "bot/channels/webchat/a.py": "import bot.channels.wecom",
}
ALLOWED = {
    "crm_core/b.py": "import sqlalchemy, sqlmodel, psycopg, alembic, sqlite3",
    "intents/llm/b.py": "import langchain.chat_models",
    "retrieval/b.py": "import crm_core, chromadb, langchain_core.embeddings, langchain_chroma",
    "schedulers/b.py": "import crm_core, retrieval, intents, apscheduler.schedulers",
    "bot/b.py": "import crm_core, retrieval, intents, fastapi, uvicorn, starlette.requests",
    "bot/channels/telegram/b.py": "import aiogram.types, bot",
    "bot/channels/wecom/b.py": "import wechatpy.enterprise, bot",
}
PACKAGES = ("bot/channels/webchat", "bot/channels/telegram", "bot/channels/wecom")
PACKAGES += ("intents/llm", "retrieval", "schedulers", "crm_core")


def lint(tree: Path, files: dict[str, str]) -> str:
    """What import-linter says, under this project's contracts, about rooms that hold these files."""
    for package in PACKAGES:
        (tree / package).mkdir(parents=True)
    for folder in [path for path in tree.rglob("*") if path.is_dir()]:
        (folder / "__init__.py").touch()
    for name, text in files.items():
        (tree / name).write_text(text)
    config = str(ROOT / "pyproject.toml")
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--config",
        config,
        "--no-logo",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, env={"PYTHONPATH": str(tree)})
    return done.stdout + done.stderr


def contracts() -> list[str]:
    return [contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]]


def test_every_import_rule_finds_its_breach(tmp_path: Path) -> None:
    said = lint(tmp_path, ALLOWED | BREACHES)
    assert [name for name in contracts() if f"{name} BROKEN" not in said] == [], said


def test_the_import_rules_allow_what_they_should(tmp_path: Path) -> None:
    said = lint(tmp_path, ALLOWED)
    assert f"{len(contracts())} kept, 0 broken" in said, said
