"""The list of concepts. Importing a concept's modules registers its handlers, answers and reactions."""

from __future__ import annotations

import importlib
import importlib.util

CONCEPTS = (
    "undo", "org", "customers", "vehicles", "leads", "deals", "quotes", "approvals", "orders", "appointments",
    "tasks", "followups", "absences", "handovers", "nudges", "fitment", "knowledge", "chat", "imports",
    "renewals", "delivery", "insights", "channels", "errands",
    "servicedesk", "campaigns", "outreach", "assistance", "solved", "histories", "privacy", "rights",
)  # fmt: skip
_CODE = ("handlers", "queries", "reactions", "audits", "pruning")


def _load(modules: tuple[str, ...]) -> None:
    for concept in CONCEPTS:
        for module in modules:
            name = f"crm_core.{concept}.{module}"
            if importlib.util.find_spec(name):
                importlib.import_module(name)


def load_tables() -> None:
    """Register every table with the metadata."""
    importlib.import_module("crm_core.kernel.tables")
    _load(("tables",))


def load_all() -> None:
    """Register every table, handler, answer and reaction."""
    load_tables()
    _load(_CODE)
