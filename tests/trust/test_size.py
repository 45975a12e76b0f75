"""The size of a run is what was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.trust
CODE = "from tests.trust.support.size import FULL, seeds, size; print(FULL, size(3, 7), len(seeds()))"


@pytest.mark.parametrize(("given", "printed"), [("small", "False 3 1"), ("full", "True 7 2")])
def test_the_environment_says_how_much_is_run(given: str, printed: str) -> None:
    home = Path(__file__).parents[2]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHEXIN_TRUST_")}
    found = subprocess.run([sys.executable, "-c", CODE], cwd=home, env=env | {"CHEXIN_TRUST_SIZE": given},
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert found.stdout.strip() == printed
