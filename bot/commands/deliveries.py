"""`deliveries`: how sending stands, and whether a restored deployment goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.commands.opening import open_core
from crm_core.api import Core
from crm_core.delivery.messages import DeadLetters, DeliveryReport, DeliveryView, LetterView, ResumeDeliveries
from crm_core.kernel.errors import Invalid

_out = Console(highlight=False, soft_wrap=True)
_COUNTS = ("waiting", "sent", "uncertain", "dead", "skipped", "folded", "moved")


def status() -> int:
    """Print counts, processes, and messages that did not arrive; 1 when something needs somebody."""
    core = open_core()
    try:
        views = [(tenant, *_asked(core, tenant)) for tenant in core.tenants()]
    finally:
        core.close()
    for tenant, view, letters in views:
        _print(tenant, view, letters)
    return 1 if any(view.paused or view.troubles or letters for _, view, letters in views) else 0


def _asked(core: Core, tenant: str) -> tuple[DeliveryView, list[LetterView]]:
    system = core.system(tenant)
    view: DeliveryView = core.ask(DeliveryReport(), system)
    return view, list(core.ask(DeadLetters(limit=20), system))


def resume(resend: bool, skip: bool) -> int:
    """Go on after a restore. Raises Invalid unless one of the two is chosen, Conflict when nothing is paused."""
    if resend == skip:
        raise Invalid("--resend", "error.resend_or_skip")
    core = open_core()
    try:
        tenants = core.tenants()
        if not tenants:
            raise Invalid("tenant", "error.no_unit_yet")
        core.execute(ResumeDeliveries(choice="resend" if resend else "skip"), core.system(tenants[0]))
    finally:
        core.close()
    _out.print("Deliveries go on." if resend else "Deliveries go on; what was due by now was skipped.")
    return 0


def _print(tenant: str, view: DeliveryView, letters: list[LetterView]) -> None:
    state = f"PAUSED ({view.paused})" if view.paused else "on"
    _out.print(f"{tenant}: deliveries are {state}; timers ahead {view.pending_timers}, late {view.late_timers}, "
               f"given up {view.dead_timers}; oldest message waits since {_time(view.oldest_at)}", markup=False)  # fmt: skip
    if view.accounts:
        _out.print(_table(("account", *_COUNTS), [
            (one.account + (" (unserved)" if one.unserved_since else ""), *(str(getattr(one, name)) for name in _COUNTS))
            for one in view.accounts
        ]))  # fmt: skip
    for worker in view.workers:
        _out.print(f"  {worker.role} {worker.name}: {worker.state}, seen {_time(worker.seen_at)}", markup=False)
    for trouble in view.troubles:
        _out.print(f"  trouble: {trouble.kind} × {trouble.count} {trouble.what} since {_time(trouble.since)}", markup=False)
    if letters:
        _out.print(_table(("message", "to", "by", "about", "state", "error"), [
            (one.ref, one.person_name, one.account, one.kind, one.state, one.error) for one in letters
        ]))  # fmt: skip
        _out.print("An administrator resends or skips them in chat: 投递情况 or “delivery status”.", markup=False)


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(*columns, box=None, pad_edge=True)
    for row in rows:
        table.add_row(*row)
    return table


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else "-"
