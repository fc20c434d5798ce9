"""The api in this process, around the real Iris model."""

import dataclasses

import pytest
from flask.testing import FlaskClient

from petalstream.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from tests.records import FLOWER


@pytest.fixture
def flower() -> dict[str, object]:
    """A setosa, as the api takes it."""
    return dict(FLOWER)


@pytest.fixture(scope="session")
def client(settings: Settings, iris: Bundle) -> FlaskClient:
    """A client of an api that serves Iris and takes bodies of up to 1 MB."""
    return create_app(dataclasses.replace(settings, api_max_body_bytes=1_000_000)).test_client()
