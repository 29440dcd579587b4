"""What the tests of broken loads share."""

from __future__ import annotations

import pytest

from tests.servers.fault_worlds import Build, make_builds


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, ...]:
    """Two pairs of builds, small and large, each the other one changed."""
    return make_builds(tmp_path_factory.mktemp("builds"))
