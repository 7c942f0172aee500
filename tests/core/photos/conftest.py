"""Photos are decoded by child processes; here they are born ready."""

import pytest


@pytest.fixture(autouse=True)
def children(warm_children):
    """How they start is tested in tests/core/jobs."""
