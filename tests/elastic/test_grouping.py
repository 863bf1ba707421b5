"""One worker has all tests of a server, or each would start its own."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="nothing is shared out")
def test_a_test_of_elasticsearch_is_in_its_group(
    elastic_prefix: str, request: pytest.FixtureRequest
) -> None:
    assert elastic_prefix
    assert request.node.nodeid.endswith("@elastic")
