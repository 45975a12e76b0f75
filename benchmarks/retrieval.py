"""Finding notes: recall, knowing when not to answer, time and memory, beside plain BM25 and plain Chroma."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import retrieval_sets as sets
from benchmarks import retrieval_systems as systems
from retrieval.embeddings import BundledEmbeddings
from retrieval.knowledge import KnowledgeBase
from retrieval.store import ChunkRow, MemoryStore
from retrieval.support import unsupported
from retrieval.vectors import FileVectorCache

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data" / "questions.jsonl"
NOTES = (ROOT / "examples" / "dealership" / "knowledge", ROOT / "tests" / "data" / "notes")
SHIPPED = ROOT / "examples" / "dealership" / "vectors.npz"


def main(argv: list[str]) -> dict[str, Any]:
    """Ask everything of three systems. `--show` prints what went wrong, never of the unseen half."""
    options = _options(argv)
    if options.chunks or options.start:
        return _size(options)
    rows = sets.pieces(options.notes)
    asked = [q for q in sets.questions(options.data) if options.split in ("", q.split)]
    with tempfile.TemporaryDirectory() as home:
        results, replies = _run(rows, asked, Path(home), options.only)
    if options.show:
        _show(replies)
    return {"notes": len({row.document for row in rows}), "pieces": len(rows), "results": results}


def _run(
    rows: Sequence[ChunkRow], asked: Sequence[sets.Question], home: Path, only: bool
) -> tuple[list[dict[str, Any]], list[sets.Reply]]:
    """Lines of the table, and our own replies."""
    shipped = [FileVectorCache(SHIPPED)] if SHIPPED.exists() else []
    begun = time.perf_counter()
    base = KnowledgeBase(
        MemoryStore(rows), directory=home / "ours", vectoriser=BundledEmbeddings(), shipped=shipped
    )
    base.refresh(sets.TENANT)
    built = round(time.perf_counter() - begun, 1)
    replies = systems.ask_all(systems.ours(base, rows), asked)
    lines = _lines("chexin", replies)
    lines[0] |= {"index_s": built, **_figures(base, rows, asked)}
    print(
        "{unsupported} of {sentences} sentences told hold a figure that is not in their note".format(
            **lines[0]
        )
    )
    if not only:
        lines += _lines("BM25", systems.ask_all(systems.plain_bm25(rows), asked))
        lines += _lines("Chroma", systems.ask_all(systems.plain_chroma(rows, home / "plain"), asked))
    base.close()
    return lines, replies


def _lines(name: str, replies: Sequence[sets.Reply]) -> list[dict[str, Any]]:
    return [{"database": name, "item": item, **found} for item, found in sets.breakdown(replies)]


def _figures(base: KnowledgeBase, rows: Sequence[ChunkRow], asked: Sequence[sets.Question]) -> dict[str, int]:
    """Sentences of answers, and how many of them hold a figure that the note they cite does not."""
    texts: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        texts.setdefault((row.document, row.section), []).append(f"{row.title} {row.section}\n{row.text}")
    scope = systems.scope_of(rows)
    told = [pair for question in asked for pair in base.answer(question.text, scope).sentences]
    wrong = [said for said, cited in told if unsupported(said, texts[cited.doc_id, cited.section])]
    return {"sentences": len(told), "unsupported": len(wrong)}


def _size(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import retrieval_size

    if options.start:
        found = retrieval_size.start(options.notes)
        print("  ".join(f"{key} {value}" for key, value in found.items()))
    else:
        found = retrieval_size.many(sets.pieces(options.notes), sets.questions(options.data), options.chunks)
    return {"results": [{"database": "chexin", **found}]}


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run_bot.py bench retrieval", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="questions, as JSON lines or YAML")
    parser.add_argument(
        "--notes", type=Path, action="append", help="folders of notes, or YAML; may be repeated"
    )
    parser.add_argument("--split", default="", help="only this split, such as seen")
    parser.add_argument("--only", action="store_true", help="leave BM25 and Chroma out")
    parser.add_argument(
        "--show", action="store_true", help="print what went wrong in all splits but the unseen one"
    )
    parser.add_argument("--chunks", type=int, default=0, help="time and recall among so many pieces instead")
    parser.add_argument("--start", action="store_true", help="start and memory of a fresh process instead")
    options = parser.parse_args(argv)
    options.notes = options.notes or [path for path in NOTES if path.exists()]
    return options


def _show(replies: Sequence[sets.Reply]) -> None:
    for reply in replies:
        question = reply.question
        if question.split != "unseen" and question.ids and reply.rank != 0:
            print(
                f"{reply.score:.2f} {question.text}  wanted {', '.join(question.ids)}  got {', '.join(reply.notes[:5])}"
            )
    for reply in sorted(replies, key=lambda reply: -reply.score):
        if reply.question.split != "unseen" and not reply.question.ids and reply.score > 0.4:
            print(f"{reply.score:.2f} {reply.question.text}  has no answer; got {', '.join(reply.notes[:2])}")
