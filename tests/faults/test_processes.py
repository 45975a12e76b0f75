"""A process that has ended is never mistaken for whoever has its number by then."""

from __future__ import annotations

import signal
import subprocess
import sys

from benchmarks.faults.processes import Process


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_it_is_alive_until_it_is_killed() -> None:
    with sleeper() as child:
        one = Process(child.pid)
        assert one.alive
        one.signal(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
        assert not one.alive
        one.signal(signal.SIGKILL)  # of no effect on anybody


def test_once_gone_it_stays_gone() -> None:
    with sleeper() as child:
        child.kill()
        child.wait(10)
        one = Process(child.pid)
        assert not one.alive
        with sleeper() as other:
            one.pid = other.pid  # as if the number had been given out again
            one.signal(signal.SIGKILL)
            assert other.poll() is None
            other.kill()
