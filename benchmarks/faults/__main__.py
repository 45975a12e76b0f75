"""`make faults`: every proof on both databases, and `docs/faults.md` with what they found.

python -m benchmarks.faults [--only 1,5] [--database sqlite] [--small] [--seed 7] [--no-page]
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

from benchmarks import options
from benchmarks.faults import page
from benchmarks.faults.proof import FULL, SMALL, Size, ground
from benchmarks.faults.table import PROOFS
from benchmarks.places import POSTGRES, SQLITE
from tests.support import postgres

SEED = 20261122


def main(argv: list[str]) -> int:
    """Run them; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Faults on purpose")
    parser.add_argument("--only", type=options.numbers, default=(), metavar="N,N", help="only these proofs")
    parser.add_argument(
        "--database", choices=(SQLITE, POSTGRES), action="append", help="only this one (both)"
    )
    parser.add_argument("--small", action="store_true", help="in seconds, as CI does")
    parser.add_argument("--seed", type=int, default=SEED, help="what is drawn by chance (%(default)s)")
    parser.add_argument("--no-page", action="store_true", help="print only, leave docs/faults.md as it is")
    chosen = parser.parse_args(argv)
    size = SMALL if chosen.small else FULL
    lines = [line for name in chosen.database or (SQLITE, POSTGRES)
             for line in _on(name, chosen.only, size, chosen.seed)]  # fmt: skip
    if not (chosen.no_page or chosen.small or chosen.only):
        page.write(lines, argv, chosen.seed)
    return int(any(line.finding.problems for line in lines))


def _on(database: str, only: tuple[int, ...], size: Size, seed: int) -> list[page.Line]:
    """Every proof asked for, on one database."""
    found = []
    with ExitStack() as stack:
        cluster = None
        if database == POSTGRES:
            cluster = postgres.open_cluster()
            stack.callback(cluster.close)
        for proof in PROOFS:
            if only and proof.number not in only:
                continue
            with ground(database, cluster, seed) as where:
                finding = proof.on(where, size)
            line = page.Line(proof, database, finding)
            print(page.summary(line, seed), flush=True)
            found.append(line)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
