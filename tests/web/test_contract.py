"""Requests made from the published specification, valid and not, never break the server."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.support.site import KEY, Site


@pytest.mark.parametrize(("path", "method", "examples"), [("/api/leads", "POST", 150), ("/health", "GET", 5)])
def test_no_request_breaks_the_server(front: Site, path: str, method: str, examples: int) -> None:
    schema = schemathesis.openapi.from_url(f"{front.url}/api/openapi.json")
    operation = schema[path][method]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(cases)
    def check(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {KEY}"}, timeout=20)
        case.validate_response(answer, checks=[not_a_server_error])
        assert answer.status_code in (200, 201, 400, 401, 404, 405, 409, 413, 415, 422)
        if answer.status_code in (200, 201):
            case.validate_response(answer, checks=[response_schema_conformance, status_code_conformance])

    check()
