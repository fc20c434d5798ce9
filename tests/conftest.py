"""The fixtures that all tests share; suite.py has the hooks."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings, variable
from tests.suite import (
    length,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_itemcollected,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
)
from tests.trained import trained_once
from tests.versions import Versions

__all__ = [
    "length",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_itemcollected",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
]

for setting in dataclasses.fields(Settings):
    os.environ.pop(variable(setting.name), None)  # tests say themselves which settings they mean
os.environ["NO_PROXY"] = "localhost,127.0.0.1"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all pytest processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def settings(run_folder: Path) -> Settings:
    """Settings with a models folder of this run's own, which gets Iris."""
    return Settings(models_dir=run_folder / "models-iris")


@pytest.fixture(scope="session")
def iris(settings: Settings) -> Bundle:
    """The Iris model, trained once a run and published in `settings.models_dir`; tests read it only."""
    return trained_once(settings.models_dir, "iris")


@pytest.fixture(scope="session")
def heart_failure(run_folder: Path) -> Bundle:
    """The heart-failure model, trained once a run; tests read it only."""
    return trained_once(run_folder / "models-heart-failure", "heart_failure")


@pytest.fixture(scope="session")
def penguins(run_folder: Path) -> Bundle:
    """The penguins, a model of numbers, trained once a run; tests read it only."""
    return trained_once(run_folder / "models-penguins", "penguins")


@pytest.fixture(scope="session")
def all_models(
    settings: Settings, iris: Bundle, heart_failure: Bundle, penguins: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings with a models folder that has the three examples; tests read it only."""
    models_dir = tmp_path_factory.mktemp("all-models")
    for found in (iris, heart_failure, penguins):
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
