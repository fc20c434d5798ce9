"""The server that is tested: the one that --oip-url names, or an api of our own with models of ours."""

from collections.abc import Iterator

import pytest

from tests.conformance.server import Server
from tests.lone_api import lone_api

# Of models whose inputs are all numbers: the protocol does not tell the choices of a category.
OURS = ["iris", "heart_failure"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for each model in turn."""
    if "model" in metafunc.fixturenames:
        given = metafunc.config.getoption("--oip-model")
        metafunc.parametrize("model", [given] if given else OURS, scope="session")


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server is."""
    given = request.config.getoption("--oip-url")
    if given and not request.config.getoption("--oip-model"):
        pytest.exit("--oip-url needs --oip-model too: the protocol has no list of models", pytest.ExitCode.USAGE_ERROR)
    if given:
        yield given.rstrip("/")
        return
    models_dir = request.getfixturevalue("all_models").models_dir
    with lone_api(models_dir, tmp_path_factory.mktemp("conformance")) as api:
        yield api.url


@pytest.fixture(scope="session")
def server(url: str, model: str) -> Server:
    """What the tests ask."""
    return Server(url, model)
