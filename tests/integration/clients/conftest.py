"""The api that the clients of others ask."""

from collections.abc import Iterator

import pytest

from petalstream.settings import Settings
from tests.lone_api import LoneApi, lone_api


@pytest.fixture(scope="package")
def api(all_models: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api of two workers that serves Iris and heart failure."""
    with lone_api(all_models.models_dir, tmp_path_factory.mktemp("clients"), api_workers=2) as running:
        yield running
