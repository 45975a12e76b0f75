"""Validates every policy in every scope, before anything runs on it."""

from __future__ import annotations

import importlib
import importlib.util

from pydantic import BaseModel

from crm_core.concepts import CONCEPTS
from crm_core.kernel.access import parse_access
from crm_core.kernel.calendar import Hours
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Policies
from crm_core.kernel.settings import Settings


def policy_problems(settings: Settings) -> list[str]:
    """Problems as `file:line: what`; empty when all policies are good."""
    try:
        policies = Policies(settings.policies)
        parse_access(policies.documents["access"])
    except ConfigError as error:
        return [str(error)]
    declared = _declared()
    problems = _unread(policies, [name for name, _ in declared])
    for name, model in declared:
        for policy in [name] if name in policies.documents else policies.names(name):
            for unit, line in policies.all_scopes(policy):
                try:
                    policies.model(policy, model, unit=unit, line=line)
                except ConfigError as error:
                    problems.append(str(error))
    return list(dict.fromkeys(problems))


def _unread(policies: Policies, declared: list[str]) -> list[str]:
    """Files that nothing reads, such as one with a misspelt name, and files whose content has another name."""
    problems = []
    for name, document in policies.documents.items():
        folder, _, stem = name.rpartition("/")
        if name != "access" and name not in declared and folder not in declared:
            problems.append(f"{document.locate(())}: no policy has the name {name!r}")
        elif folder and document.values.get("name", stem) != stem:
            problems.append(f"{document.locate(('name',))}: the name must be {stem!r}, like the file's")
    return problems


def _declared() -> list[tuple[str, type[BaseModel]]]:
    """The kernel's own and `POLICIES` of each concept's rules: (policy or folder, model)."""
    found: list[tuple[str, type[BaseModel]]] = [("hours", Hours)]
    for concept in CONCEPTS:
        name = f"crm_core.{concept}.rules"
        if importlib.util.find_spec(name):
            found += getattr(importlib.import_module(name), "POLICIES", [])
    return found
