from __future__ import annotations

import pytest

from pipeline.site import Desk, Site


@pytest.fixture
def site():
    with Site() as found:
        yield found


@pytest.fixture
def desk(tmp_path, site):
    with Desk(tmp_path, site) as found:
        yield found
