"""The ranker on small examples, its copy on disk, and its place behind the grammar."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from intents import ExampleClassifier, configure, understand
from intents.classifier import NotFitted

EXAMPLES = [
    ("你好", "greet"), ("早上好", "greet"), ("您好呀", "greet"), ("hello there", "greet"),
    ("保养多少钱", "price"), ("换轮胎什么价格", "price"), ("洗车怎么收费", "price"), ("how much is an oil change", "price"),
    ("车到哪了", "order"), ("什么时候能提车", "order"), ("订单进度", "order"), ("where is my car", "order"),
]  # fmt: skip


def test_it_learns_from_a_few_examples() -> None:
    model = ExampleClassifier(embeddings=False).fit(EXAMPLES)
    assert model.predict("做保养多少钱")[0] == "price"
    assert model.predict("提车什么时候")[0] == "order"
    assert sum(p for _, p in model.rank("你好", 3)) == pytest.approx(1.0)


def test_two_labels_are_enough_and_one_is_not() -> None:
    assert ExampleClassifier(embeddings=False).fit([("a b", "x"), ("c d", "y")]).predict("a b")[0] == "x"
    with pytest.raises(ValueError, match="two labels"):
        ExampleClassifier().fit([("a", "x")])


def test_asking_before_fitting_is_an_error() -> None:
    with pytest.raises(NotFitted):
        ExampleClassifier().predict("a")


def test_what_was_learnt_survives_on_disk(tmp_path: Path) -> None:
    model = ExampleClassifier(embeddings=False).fit(EXAMPLES)
    model.save(tmp_path / "model.npz")
    assert ExampleClassifier.load(tmp_path / "model.npz").rank("洗车多少钱") == model.rank("洗车多少钱")


def test_foreign_matter_is_little_known() -> None:
    model = ExampleClassifier(embeddings=False).fit(EXAMPLES)
    assert model.knows("保养多少钱") > 0.9 > 0.3 > model.knows("量子纠缠实验")


def test_the_ranker_is_kept_by_the_content_of_its_examples(tmp_path: Path) -> None:
    from intents.ranker import ranker

    configure(tmp_path, embeddings=False)
    ranker.cache_clear()
    understand("嗯那个就随便问问啦", role="rep", now=datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]
