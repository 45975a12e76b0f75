"""Does the evidence contain every figure of an answer? Numbers, money, dates, times, part numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from retrieval.figures import chinese_number, figures, read_figures
from retrieval.units import rows_in_words

__all__ = ["chinese_number", "figures", "supported", "unsupported"]


def unsupported(answer: str, evidence: Iterable[str]) -> list[str]:
    """Figures of `answer` that occur nowhere in `evidence`; empty when all are supported.

    What an answer measures must be measured so in the evidence: 3 个月 is not borne out by 3 年, a price only by a
    price. A bare number is borne out by the same number with any unit; a cell of a table measures what its head says.
    """
    known, written = set(), set()
    for text in evidence:
        for figure in read_figures(f"{text}\n{rows_in_words(text)}"):
            known.add(figure.key)
            if figure.kind not in ("code", "date", "time"):
                written.add(figure.written)
    known |= {f"n:{number}" for number in written}
    return sorted({figure.key for figure in read_figures(answer)} - known)


def supported(answer: str, evidence: Sequence[str]) -> bool:
    """Whether every number, price, date, time and part number of `answer` is in its evidence."""
    return not unsupported(answer, evidence)
