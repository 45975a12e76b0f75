"""`make faults`: every proof on both databases, and `docs/faults.md` with what they found.

    python -m benchmarks.faults [--only 1,5] [--database sqlite] [--quick | --small] [--seed 7]

The databases are gone through side by side, but for proofs that need the machine to themselves.
"""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
from contextlib import ExitStack

import structlog

from benchmarks import options
from benchmarks.faults import page
from benchmarks.faults.proof import FULL, QUICK, SMALL, Size, ground
from benchmarks.faults.table import PROOFS
from benchmarks.places import POSTGRES, SQLITE
from tests.support import postgres

SEED = 20261122


def main(argv: list[str]) -> int:
    """Run them; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Faults on purpose")
    parser.add_argument("--only", type=options.numbers, default=(), metavar="N,N", help="only these proofs")
    parser.add_argument("--database", choices=(SQLITE, POSTGRES), help="only this one (both)")
    parser.add_argument("--small", action="store_true", help="in seconds, as CI does; nothing is kept")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--seed", type=int, default=SEED, help="what is drawn by chance (%(default)s)")
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left behind
    # What the auditor says here is part of the run, and no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    wanted = chosen.only or tuple(proof.number for proof in PROOFS)
    size = SMALL if chosen.small else QUICK if chosen.quick else FULL
    one, seed = chosen.database, chosen.seed
    broken = _on(one, wanted, size, seed) if one else _side_by_side(argv, wanted)
    if not (chosen.small or chosen.part):
        page.write(argv)
    return int(broken)


def _side_by_side(argv: list[str], wanted: tuple[int, ...]) -> bool:
    """Each database in a process of its own; then, one after the other, what nothing else may slow down."""
    shared = [p.number for p in PROOFS if p.number in wanted and not p.alone]
    alone = [p.number for p in PROOFS if p.number in wanted and p.alone]
    broken = False
    if shared:
        parts = [_part(argv, database, shared) for database in (SQLITE, POSTGRES)]
        codes = [part.wait() for part in parts]
        broken = any(codes)
    for database in (SQLITE, POSTGRES) if alone else ():
        broken |= bool(_part(argv, database, alone).wait())
    return broken


def _part(argv: list[str], database: str, numbers: list[int]) -> subprocess.Popen[bytes]:
    only = ",".join(map(str, numbers))
    command = [
        sys.executable,
        "-m",
        "benchmarks.faults",
        *argv,
        "--part",
        "--database",
        database,
        "--only",
        only,
    ]
    return subprocess.Popen(command, cwd=page.ROOT)


def _on(database: str, wanted: tuple[int, ...], size: Size, seed: int) -> bool:
    """The proofs asked for, on one database; whether one was broken."""
    broken = False
    with ExitStack() as stack:
        cluster = None
        if database == POSTGRES:
            cluster = postgres.open_cluster()
            stack.callback(cluster.close)
        for proof in PROOFS:
            if proof.number not in wanted:
                continue
            with ground(database, cluster, seed) as where:
                line = page.line(proof, database, seed, proof.on(where, size))
            print(page.summary(line), flush=True)
            broken |= bool(line.problems)
            if size is not SMALL:
                page.keep(line)
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
