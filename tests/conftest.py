"""Options and fixtures that every room of tests shares."""

import dataclasses
import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from petalstream.bundle import Bundle
from petalstream.settings import KafkaClient, Settings, variable
from services.trainer.training import train, up_to_date
from tests.turns import turn
from tests.versions import Versions

for setting in dataclasses.fields(Settings):
    os.environ.pop(variable(setting.name), None)  # tests say themselves which settings they mean
os.environ["NO_PROXY"] = "localhost,127.0.0.1"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--nothing-skipped`, which CI gives: a test that cannot run has failed; and what `make chaos` gives."""
    parser.addoption("--nothing-skipped", action="store_true", help="report a skipped test as failed")
    parser.addoption("--seed", type=int, help="what chaos draws from, to repeat a run; else a new one for each test")
    parser.addoption("--scale", type=int, default=1, help="how many times longer chaos lasts")
    parser.addoption("--report", type=Path, help="file to which chaos adds a line a scenario")
    clients, default = list(KafkaClient), Settings().kafka_client
    parser.addoption("--kafka-client", choices=clients, default=default, help="what the services talk to Kafka with")
    parser.addoption("--oip-url", help="the server that conformance is tested of; else an api of the tests' own")
    parser.addoption("--oip-model", help="the model that it is asked for")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Give a test its turn, before its time limit begins."""
    with turn(item.config.rootpath / ".cache" / "turns", item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may be skipped."""
    report = yield
    if report.skipped and item.config.getoption("--nothing-skipped"):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a models folder of this run's own."""
    return Settings(models_dir=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def iris(settings: Settings) -> Bundle:
    """The Iris model, trained for real and published in `settings.models_dir`; tests read it only."""
    return train(settings, "iris")


@pytest.fixture(scope="session")
def heart_failure(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The heart-failure model, trained for real once a run; tests read it only."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    models_dir = tmp_path_factory.getbasetemp().parent / f"heart-failure-{run}"
    # The processes of one run share the folder, and whoever comes second finds the model there.
    with turn(models_dir, alone=True):
        own = Settings(models_dir=models_dir)
        return up_to_date(own, "heart_failure") or train(own, "heart_failure")


@pytest.fixture(scope="session")
def two_models(
    settings: Settings, iris: Bundle, heart_failure: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings with a models folder that has Iris and heart failure; tests read it only."""
    models_dir = tmp_path_factory.mktemp("two-models")
    for found in (iris, heart_failure):
        shutil.copytree(found.path.parent, models_dir / found.manifest.model)
    return dataclasses.replace(settings, models_dir=models_dir)


@pytest.fixture
def versions(tmp_path: Path, iris: Bundle) -> Versions:
    """A models folder with version 1 of Iris."""
    made = Versions(tmp_path / "models")
    made.publish(iris)
    return made


@pytest.fixture
def root() -> Path:
    """The repository."""
    return Path(__file__).parent.parent
