"""`verify-audit`: whether the audit is as it was written."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from bot.commands.opening import has_database, policy_settings
from crm_core.api import Core
from crm_core.kernel.audit_check import Verdict
from crm_core.kernel.errors import ConfigError

SHOWN = 20


def verify_audit(anchor: Path | None, as_json: bool) -> int:
    """Follow the chains and say what is broken; 1 when something is. A second anchor file may be named."""
    settings = policy_settings()
    if not has_database(settings):
        raise ConfigError("CHEXIN_DATA_DIR", "there is no database yet")
    if anchor is not None:
        if not anchor.exists():
            raise ConfigError("--anchor", f"{anchor} does not exist")
        settings = settings.model_copy(update={"audit_anchor": str(anchor)})
    core = Core.open(settings)
    try:
        verdict = core.verify_audit()
        if verdict.whole and anchor is None:
            core.anchors.write(core.now(), "verified", always=False)
    finally:
        core.close()
    _tell(verdict, as_json)
    return 0 if verdict.whole else 1


def _tell(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        broken = [{"line": one.line, "what": one.what} for one in verdict.broken]
        print(json.dumps({"whole": verdict.whole, "lines": verdict.lines, "chains": verdict.chains,
                          "anchored": verdict.anchored, "older": verdict.older, "broken": broken}))  # fmt: skip
        return
    for one in verdict.broken[:SHOWN]:
        print(one)
    if len(verdict.broken) > SHOWN:
        print(f"... and {len(verdict.broken) - SHOWN} more")
    where = f"{verdict.lines} lines ({verdict.chains} chain{'s' * (verdict.chains != 1)})"
    state = (
        "whole"
        if verdict.whole
        else f"BROKEN in {len(verdict.broken)} place{'s' * (len(verdict.broken) != 1)}"
    )
    print(f"the audit is {state}: {where}")
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    if verdict.older:
        notes.print(
            f"{verdict.older} older lines were written before there were chains and cannot be checked"
        )
    if not verdict.anchored:
        notes.print(
            "nothing was anchored yet: a database replaced by an older copy of itself would not be noticed"
        )
