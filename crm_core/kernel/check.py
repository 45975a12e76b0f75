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
    problems = []
    for name, model in _declared():
        for policy in [name] if name in policies.documents else policies.names(name):
            for unit, line in policies.all_scopes(policy):
                try:
                    policies.model(policy, model, unit=unit, line=line)
                except ConfigError as error:
                    problems.append(str(error))
    return list(dict.fromkeys(problems))


def _declared() -> list[tuple[str, type[BaseModel]]]:
    """The kernel's own and `POLICIES` of each concept's rules: (policy or folder, model)."""
    found: list[tuple[str, type[BaseModel]]] = [("hours", Hours)]
    for concept in CONCEPTS:
        name = f"crm_core.{concept}.rules"
        if importlib.util.find_spec(name):
            found += getattr(importlib.import_module(name), "POLICIES", [])
    return found
