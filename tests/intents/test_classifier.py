"""The ranker on small examples, its copy on disk, and its place behind the grammar."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from intents import ExampleClassifier, config, configure, understand
from intents.classifier import NotFitted

EXAMPLES = [
    ("你好", "greet"), ("早上好", "greet"), ("您好呀", "greet"), ("hello there", "greet"),
    ("保养多少钱", "price"), ("换轮胎什么价格", "price"), ("洗车怎么收费", "price"), ("how much is an oil change", "price"),
    ("车到哪了", "order"), ("什么时候能提车", "order"), ("订单进度", "order"), ("where is my car", "order"),
]  # fmt: skip


UNFORESEEN = ["量子纠缠怎么证明", "北京到上海的火车票", "推荐一首好听的歌", "who won the football match"]


def test_it_learns_from_a_few_examples() -> None:
    model = ExampleClassifier(embeddings=False).fit(EXAMPLES)
    assert model.predict("做保养多少钱")[0] == "price"
    assert model.predict("提车什么时候")[0] == "order"
    ranked = model.rank("你好", 3)
    assert ranked[0][0] == "greet"
    assert [p for _, p in ranked] == sorted((p for _, p in ranked), reverse=True)


@pytest.mark.parametrize("embeddings", [False, "use", True])
def test_it_is_surer_of_what_it_was_taught(embeddings: bool | str) -> None:
    model = ExampleClassifier(embeddings=embeddings).fit(EXAMPLES)
    known = [model.predict(text)[1] for text in ("做保养多少钱", "早上好呀", "订单到哪了", "how much is it")]
    unforeseen = [model.predict(text)[1] for text in UNFORESEEN]
    assert sum(known) / len(known) > sum(unforeseen) / len(unforeseen) + 0.1


def test_the_same_examples_give_the_same_classifier() -> None:
    models = [ExampleClassifier(embeddings="use").fit(EXAMPLES + EXAMPLES[:3]) for _ in range(2)]
    models.append(ExampleClassifier(embeddings="use").fit(EXAMPLES))
    assert len({tuple(model.rank("轮胎多少钱")) for model in models}) == 1


@pytest.mark.parametrize("text", ["", "   ", "!!!", "🙏🙏", "\x00", "的" * 5000])
def test_any_text_is_answered(text: str) -> None:
    label, confidence = ExampleClassifier(embeddings=False).fit(EXAMPLES).predict(text)
    assert label in ("greet", "price", "order")
    assert 0 <= confidence <= 1
    assert confidence == 0 or any(map(str.isalnum, text))


def test_two_labels_are_enough_and_one_is_not() -> None:
    assert ExampleClassifier(embeddings=False).fit([("a b", "x"), ("c d", "y")]).predict("a b")[0] == "x"
    with pytest.raises(ValueError, match="two labels"):
        ExampleClassifier().fit([("a", "x")])
    with pytest.raises(ValueError, match="two labels"):
        ExampleClassifier().fit([("a", "x"), (" ", "y")])


def test_one_example_a_label_teaches_nothing_about_being_right() -> None:
    model = ExampleClassifier(embeddings=False).fit([("红色", "red"), ("绿色", "green"), ("蓝色", "blue")])
    assert model.calibration is None
    assert sum(p for _, p in model.rank("绿色的", 3)) == pytest.approx(1.0)
    assert model.predict("绿色的")[0] == "green"


def test_two_hundred_labels_are_told_apart() -> None:
    chars = [chr(0x4E00 + 7 * i) for i in range(600)]
    examples = [(f"{chars[i]}{chars[i + 200]}{chars[i + 400]}{tail}", f"l{i}") for i in range(200) for tail in "吗呢"]
    model = ExampleClassifier(embeddings=False).fit(examples)
    asked = [(f"请问{chars[i]}{chars[i + 200]}", f"l{i}") for i in range(0, 200, 5)]
    assert all(model.predict(text)[0] == label for text, label in asked)


def test_many_texts_are_predicted_as_each_of_them() -> None:
    model = ExampleClassifier().fit(EXAMPLES)
    texts = ["洗车多少钱", "保养要多久", "", "!?", "今天天气不错"]
    each = [model.predict(text) for text in texts]
    assert [label for label, _ in model.predict_many(texts)] == [label for label, _ in each]
    assert [sure for _, sure in model.predict_many(texts)] == pytest.approx([sure for _, sure in each], abs=1e-3)
    assert model.predict_many([]) == []


def test_asking_before_fitting_is_an_error() -> None:
    with pytest.raises(NotFitted):
        ExampleClassifier().predict("a")


def test_what_was_learnt_survives_on_disk(tmp_path: Path) -> None:
    model = ExampleClassifier(embeddings=False).fit(EXAMPLES)
    model.save(tmp_path / "model.npz")
    kept = ExampleClassifier.load(tmp_path / "model.npz")
    assert kept.rank("洗车多少钱") == model.rank("洗车多少钱")
    assert (kept.calibration, kept.trials) == (model.calibration, model.trials)


def test_a_file_that_is_no_classifier_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "model.npz"
    path.write_bytes(pickle.dumps({"meta": "{}"}))
    with pytest.raises(ValueError, match="pickle"):
        ExampleClassifier.load(path)


def test_foreign_matter_is_little_known() -> None:
    model = ExampleClassifier(embeddings=False).fit(EXAMPLES)
    assert model.knows("保养多少钱") > 0.9 > 0.3 > model.knows("量子纠缠实验")


def test_the_ranker_is_kept_by_the_content_of_its_examples(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from intents.ranker import ranker

    before = config.current().cache_dir, config.current().embeddings
    configure(tmp_path, embeddings=False)
    ranker.cache_clear()
    request.addfinalizer(lambda: (configure(before[0], embeddings=before[1]), ranker.cache_clear()))
    understand("嗯那个就随便问问啦", role="rep", now=datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_the_trained_ranker_that_is_shipped_is_that_of_the_examples() -> None:
    """Else everybody's first message would wait for the training: run tools/train_ranker."""
    from intents.ranker import SHIPPED, name_of

    assert [path.name for path in SHIPPED.iterdir()] == [name_of("use")]
    shipped = ExampleClassifier.load(SHIPPED / name_of("use"))
    assert shipped.predict("帮我把李总的单子往后推一推")[0] in shipped.labels
