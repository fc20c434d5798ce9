"""The app of the live page without a server, and a snapshot that a test sets."""

import pytest
from flask.testing import FlaskClient

from petalstream.public_url import PublicUrl
from petalstream.settings import Settings
from services.dashboard.app import create_app
from services.dashboard.latest import Latest
from tests.dashboards import STATES, snapshot


@pytest.fixture
def latest() -> Latest:
    """What holds a snapshot of a model in each state."""
    found = Latest()
    found.snapshot = snapshot(*STATES)
    return found


@pytest.fixture
def client(latest: Latest) -> FlaskClient:
    """A client of the app."""
    return create_app(Settings(api_public_url=PublicUrl("http://localhost:5000/")), latest).test_client()
