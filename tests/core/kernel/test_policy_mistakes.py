"""Mistakes people make in policy files: each is found before the start, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_core.api import check_settings
from crm_core.kernel.settings import Settings

MISTAKES = [
    ("approvals", b"overrides: 5\n", "approvals.yaml:1: overrides must be a list"),
    ("approvals", b"quote_valid_days: 3\n# \xff\n", "approvals.yaml:2: is not UTF-8 text"),
    ("approvals", b"rules: &a [*a]\n", "approvals.yaml:1: an alias"),
    ("approvals", b"? [a, b]\n: 1\n", "approvals.yaml:1: a key must be a word"),
    ("approval", b"manager_limit: 1\n", "approval.yaml:1: no policy has the name 'approval'"),
    ("sop/first_call", b"clock: calendar\nname: other\n", "first_call.yaml:2: the name must be 'first_call'"),
    ("assignment", b"rules:\n- name: x\n  reason: {zh: '{nobody}', en: x}\n", "assignment.yaml:3: rules.0.reason.zh"),
    ("assignment", b"rules:\n- name: x\n  reason: {zh: x, en: '{0}'}\n", "assignment.yaml:3: rules.0.reason.en"),
    ("assignment", b"rules:\n- name: x\n  reason: {zh: x, en: '{'}\n", "assignment.yaml:3: rules.0.reason.en"),
]


@pytest.mark.parametrize(("name", "text", "told"), MISTAKES)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, name: str, text: bytes, told: str) -> None:
    path = tmp_path / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", policies=tmp_path, secret_key=SecretStr("k" * 40))
    problems = check_settings(settings)
    assert problems
    assert problems[0].startswith(told)
