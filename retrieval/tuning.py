"""What a score is worth, learnt from questions whose answers are known.

A question is tried twice: without the example question that is itself, and without the documents that
answer it; the second time nothing answers, and whatever is found is a false answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.calibration import Calibration, Evidence, Marks
from retrieval.fusion import LeftOut, Ranked
from retrieval.knowledge import KnowledgeBase, evidence
from retrieval.store import Scope
from retrieval.text import Lang

FALSE_ANSWERS = 0.05  # share of questions without an answer that may be answered
LOST = 0.07  # share of questions with an answer that may fall below "did you mean"
_SHRINK = 0.5  # how far weights may leave nought: the gap is small and would else outweigh the score
_ENOUGH = 25  # of each kind: fewer say nothing about a language pair
_SHIPPED_WEIGHT = 40  # the shipped marks count as much as so many questions of one's own

Asked = tuple[str, Sequence[str]]  # a question, and the documents that answer it; none: nothing does


@dataclass(frozen=True, slots=True)
class Trial:
    """The best hit of one question."""

    asked: Lang
    found: Lang
    evidence: Evidence
    right: bool
    answerable: bool


def trials(base: KnowledgeBase, scope: Scope, questions: Iterable[Asked]) -> list[Trial]:
    """Try every question. A document is named by its id."""
    made: list[Trial] = []
    for question, wanted in questions:
        lang, rest = base.ranked(question, scope, left_out=LeftOut(question, wanted))
        made += _trial(lang, rest, (), answerable=False)
        if wanted:
            _, ranked = base.ranked(question, scope, left_out=LeftOut(question))
            made += _trial(lang, ranked, wanted, answerable=True)
    return made


def _trial(lang: Lang, ranked: list[Ranked], wanted: Sequence[str], *, answerable: bool) -> list[Trial]:
    if not ranked:
        return []
    best = ranked[0]
    right = best.row.document in wanted
    return [Trial(lang, best.row.lang, evidence(ranked, 0), right, answerable)]


def fit_weights(
    groups: Sequence[Sequence[Trial]], signals: Sequence[str] = Evidence._fields
) -> dict[str, float]:
    """Logistic weights of these signals; each group, and right and wrong in it, count alike."""
    from sklearn.linear_model import LogisticRegression

    rows = np.array([[getattr(t.evidence, name) for name in signals] for group in groups for t in group])
    right = np.array([t.right for group in groups for t in group])
    weight = np.concatenate([np.full(len(group), 1 / len(group)) for group in groups if group])
    for kind in (False, True):
        weight[right == kind] /= weight[right == kind].sum()
    model = LogisticRegression(C=_SHRINK, max_iter=1000)
    model.fit(rows, right, sample_weight=weight * len(weight) / 2)
    found = {name: round(float(value), 3) for name, value in zip(signals, model.coef_[0], strict=True)}
    return {"bias": round(float(model.intercept_[0]), 3), **found}


def marks_of(tried: Sequence[Trial], held: Calibration, pair: tuple[Lang, Lang]) -> Marks | None:
    """Where to answer and where to ask back in this language pair; None with too few questions to tell."""
    chosen = [t for t in tried if (t.asked, t.found) == pair]
    wrong = [held.score(t.evidence, *pair) for t in chosen if not t.right]
    good = [held.score(t.evidence, *pair) for t in chosen if t.answerable]
    if min(len(wrong), len(good)) < _ENOUGH:
        return None
    answer = float(np.quantile(wrong, 1 - FALSE_ANSWERS))
    return Marks(answer, min(answer, float(np.quantile(good, LOST))))


def own_marks(tried: Sequence[Trial], held: Calibration) -> dict[str, Marks]:
    """Marks of the pairs with enough questions, drawn towards the held ones as far as questions are few."""
    found: dict[str, Marks] = {}
    for name, shipped in held.marks.items():
        asked, _, text = name.partition("-")
        own = marks_of(tried, held, (asked, text))  # type: ignore[arg-type]
        if own is None:
            continue
        count = sum((t.asked, t.found) == (asked, text) for t in tried)
        share = count / (count + _SHIPPED_WEIGHT)
        found[name] = Marks(
            share * own.answer + (1 - share) * shipped.answer,
            share * own.did_you_mean + (1 - share) * shipped.did_you_mean,
        )
    return found
