"""Fixtures for the consumer's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.consumer.api_server import ApiServer, api_server


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """A server in place of the api, which responds as the test says."""
    with api_server() as server:
        yield server
