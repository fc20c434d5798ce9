"""The api in this process, around the real models."""

import dataclasses
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from tests.records import FLOWER

Elements = list[tuple[str, dict[str, str | None]]]


@pytest.fixture
def flower() -> dict[str, object]:
    """A setosa, as the api takes it."""
    return dict(FLOWER)


@pytest.fixture(scope="session")
def client(settings: Settings, iris: Bundle) -> FlaskClient:
    """A client of an api that serves Iris and takes bodies of up to 1 MB."""
    return create_app(dataclasses.replace(settings, api_max_body_bytes=1_000_000)).test_client()


@pytest.fixture(scope="session")
def both(all_models: Settings) -> FlaskClient:
    """A client of an api that serves Iris and heart failure."""
    return create_app(all_models).test_client()


@pytest.fixture
def patient(heart_failure: Bundle) -> dict[str, object]:
    """A patient of the test set, as the api takes one."""
    return next(features for _, features, _ in heart_failure.test_set())


@pytest.fixture
def elements() -> Callable[[str], Elements]:
    """Reads a page: every element's tag and attributes, in order."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: Elements = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append((tag, dict(attrs)))

    def read(page: str) -> Elements:
        reader = Reader()
        reader.feed(page)
        return reader.found

    return read
