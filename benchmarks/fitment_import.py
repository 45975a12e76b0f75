"""An ACES file of any size, imported by the command people use, in a process of its own."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.places import KEY, TENANT, Place, found_group

ROOT = Path(__file__).parents[1]
PER_PART, TYPES = 20, 200


def measured(place: Place, applications: int) -> list[dict[str, Any]]:
    """Seconds, CPU and peak memory of the first import of a file, and of the same file again."""
    url = place.fresh()
    core = place.open(url)
    found_group(core, dealers=1, reps=1)
    core.close()
    with tempfile.TemporaryDirectory(prefix="chexin-aces-") as folder:
        path = Path(folder) / "catalogue.xml"
        write(path, applications)
        size = path.stat().st_size >> 20
        return [
            {
                "database": place.name,
                "item": f"{name}, {size} MB",
                "items": applications,
                **_run(url, path, Path(folder)),
            }
            for name in ("ACES import", "the same again")
        ]


def write(path: Path, applications: int) -> None:
    """Parts for 20 vehicles each, some restricted by submodel, engine or a note."""
    extra = ("", '<SubModel id="{0}"/>', '<EngineBase id="{0}"/>', "<Note>with option {0}</Note>", "")
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<ACES version="4.2"><Header><Company>Bench</Company>'
                   "<BrandAAIAID>ZZZB</BrandAAIAID><SubmissionType>FULL</SubmissionType></Header>\n")  # fmt: skip
        for n in range(applications):
            part, vehicle = divmod(n, PER_PART)
            rest = extra[part % len(extra)].format(part % 50)
            file.write(f'<App action="A" id="{n + 1}"><BaseVehicle id="{(part % 2_500) * PER_PART + vehicle}"/>{rest}'
                       f'<Qty>1</Qty><PartType id="{part % TYPES}"/><Position id="22"/><Part>BN {part:06d}</Part></App>\n'
                       )  # fmt: skip
        file.write(f"<Footer><RecordCount>{applications}</RecordCount></Footer></ACES>\n")


def _run(url: str, path: Path, folder: Path) -> dict[str, Any]:
    """Run the import and wait for this very process, whose use of the machine is told apart from others'."""
    environment = os.environ | {
        "CHEXIN_DATA_DIR": str(folder / "data"),
        "CHEXIN_DATABASE_URL": url,
        "CHEXIN_SECRET_KEY": KEY,
    }
    command = [sys.executable, str(ROOT / "run_bot.py"), "import", str(path)]
    start = time.perf_counter()
    child = os.spawnve(os.P_NOWAIT, sys.executable, command, environment)
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(
            f"the import of a catalogue of {TENANT} ended with {os.waitstatus_to_exitcode(status)}"
        )
    seconds = time.perf_counter() - start
    return {"seconds": round(seconds, 1), "cpu_s": round(used.ru_utime + used.ru_stime, 1),
            "rss_mb": used.ru_maxrss >> 10}  # fmt: skip
