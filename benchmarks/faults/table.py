"""The table of proofs."""

from __future__ import annotations

from benchmarks.faults import alarms, callbacks, crowds, kills, machine, outages, times
from benchmarks.faults.proof import Proof

PROOFS = (
    Proof(1, "random kills", "workers killed at random instants, 20 % 429, 5 % no answer after accept, 2 % 5xx",
          "lost 0; duplicates within the bound; none where the platform checks, none of what may come at most once",
          kills.random_kills),
    Proof(2, "kills at points", "killed at each named point", "the same, deterministic", kills.killed_at_points),
    Proof(3, "database outages", "PostgreSQL stopped at once, disk full, tables locked", "lost 0, heals in 30 s",
          outages.outages),
    Proof(4, "stale worker", "stopped beyond its lease, then continued", "a stale token writes no row",
          outages.stale),
    Proof(5, "all at once", "4 processes, everything due at one instant",
          "duplicates 0, order per chat, claimed in 10 s", crowds.at_once, alone=True),
    Proof(6, "clocks", "1 h back, 25 h ahead, summer time both ways, 8 h asleep, 5 s apart",
          "nothing skipped or repeated, clock alive in 5 s", times.clocks),
    Proof(7, "callbacks", "each delivered 3 times, killed in between", "each handled once", callbacks.callbacks),
    Proof(8, "limits", "4 workers against 30/s, 1/s a chat, 30/min a member with silent drop",
          "drops 0, 429 below 1 %, must-know p99 below 5 s behind the digests", crowds.limits),
    Proof(9, "state machine", "what people do, in any order, against a small model",
          "every step equal; what is cancelled never fires", machine.machine),
    Proof(10, "down for a day", "24 h without a worker, then a start", "lost 0, must-know in 60 s, no storm",
          times.down),
    Proof(11, "alarms", "a timer deleted by hand, a frozen worker, a stopped clock", "an alarm in 5 min",
          alarms.alarms),
)  # fmt: skip
