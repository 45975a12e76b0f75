"""The index as a thing that breaks: damaged files, a server gone, a process killed while it embeds."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval import ChunkRow, KnowledgeBase, MemoryStore, Scope
from retrieval.vectors import FileVectorCache

from .conftest import HashVectoriser

ROOT = Path(__file__).parents[2]
SCOPE = Scope("t1", ("",), ("public",))
ROWS = [
    ChunkRow(f"r{n}", "t1", f"r{n}", text, audience="public")
    for n, text in enumerate(["刹车片低于三毫米应更换", "机油每一万公里更换一次", "火花塞六万公里更换"])
]


def opened(directory: Path | None, url: str | None = None) -> KnowledgeBase:
    base = KnowledgeBase(MemoryStore(ROWS), directory=directory, chroma_url=url, vectoriser=HashVectoriser())
    base.refresh("t1")
    return base


def first(base: KnowledgeBase) -> str:
    return base.search("机油多久换", SCOPE, 1)[0].row.id


@pytest.mark.parametrize("damage", ["garbage", "empty", "half"])
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: str) -> None:
    opened(tmp_path).close()
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.name != "owner.lock":
            content = file.read_bytes()
            file.write_bytes(
                {"garbage": b"\x00garbage" * 400, "empty": b"", "half": content[: len(content) // 2]}[damage]
            )
    again = opened(tmp_path)
    assert again.owns_index
    assert first(again) == "r1"
    again.close()
    whole = opened(tmp_path)
    assert type(whole._states["t1"].vectors).__name__ == "ChromaVectors"
    assert first(whole) == "r1"
    whole.close()


def test_files_taken_away_while_it_serves_are_not_missed(tmp_path: Path) -> None:
    base = opened(tmp_path)
    for entry in tmp_path.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    assert first(base) == "r1"


def test_without_its_server_every_vector_is_compared(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert first(opened(None, f"http://127.0.0.1:{port}")) == "r1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "chroma"
    home = tmp_path_factory.mktemp("chroma")
    command = [str(program), "run", "--path", str(home), "--host", "127.0.0.1", "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home)
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}", running
    finally:
        running.kill()
        running.wait()


def _wait(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the Chroma server did not start")


def test_a_server_is_used_by_several_and_its_end_is_survived(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, running = server
    one, two = opened(None, url), opened(None, url)
    assert (
        type(one._states["t1"].vectors).__name__
        == type(two._states["t1"].vectors).__name__
        == "ChromaVectors"
    )
    assert first(one) == first(two) == "r1"
    running.kill()
    running.wait()
    assert first(one) == "r1"


_EMBED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.retrieval.test_index import Filed, Slow
from retrieval import KnowledgeBase
store = Filed(Path({path!r}))
KnowledgeBase(store, vectoriser=Slow()).refresh("t1")
"""


class Slow(HashVectoriser):
    def passages(self, texts):  # type: ignore[no-untyped-def]
        time.sleep(0.2)
        return super().passages(texts)


class Filed(MemoryStore):
    """400 pieces whose vectors outlive the process."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            ChunkRow(f"r{n}", "t1", f"r{n}", f"第{n}条 刹车片 {n}", audience="public") for n in range(400)
        )
        self._file = FileVectorCache(path)
        self.vectors = self._file.vectors  # type: ignore[method-assign]
        self.save_vectors = self._file.save_vectors  # type: ignore[method-assign]

    def keep_vectors(self, hashes: object) -> None:
        """Nothing is taken away here."""


def test_embedding_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    code = _EMBED.format(root=str(ROOT), path=str(path))
    running = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    while not path.exists() and running.poll() is None:
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    kept = len(FileVectorCache(path)._all())
    assert 0 < kept < 400
    vectoriser, told = HashVectoriser(), []
    base = KnowledgeBase(Filed(path), vectoriser=vectoriser)
    base.refresh("t1", lambda done, total: told.append((done, total)))
    assert len(vectoriser.embedded) == 400 - kept
    assert told[0] == (kept, 400)
    assert told[-1] == (400, 400)


class Renamed(HashVectoriser):
    model_id = "hash-64:2"


def test_another_model_embeds_anew_and_words_serve_until_then() -> None:
    store = MemoryStore(ROWS)
    KnowledgeBase(store, vectoriser=HashVectoriser()).refresh("t1")
    other = Renamed()
    base = KnowledgeBase(store, vectoriser=other)
    assert first(base) == "r1"
    assert other.embedded == []
    base.refresh("t1")
    assert len(other.embedded) == len(ROWS)
    assert first(base) == "r1"
