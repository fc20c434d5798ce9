"""A copy of the project for the tests of `make import`, and the CSVs of what they import."""

from pathlib import Path

import pytest

from tests.checkouts import fresh_copy
from tests.unit.trainer.importing.command import Checkout
from tests.unit.trainer.importing.models import flowers, loans, patients, write_csv

CODES = {"setosa": 0, "versicolor": 1, "virginica": 2}


def write_csvs(folder: Path) -> None:
    """Write the data sets: flowers by name and by number, patients, loans."""
    frame, kinds = flowers()
    write_csv(folder / "flowers.csv", frame, "kind", kinds)
    write_csv(folder / "codes.csv", frame, "kind", [CODES[kind] for kind in kinds])
    write_csv(folder / "patients.csv", patients()[0], "progression", patients()[1])
    write_csv(folder / "loans.csv", loans()[0], "default", loans()[1])


@pytest.fixture(scope="session")
def copied(root_of_session: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The copy, and the folder with the CSVs."""
    folder = tmp_path_factory.mktemp("brought")
    write_csvs(folder)
    return Checkout(fresh_copy(root_of_session, tmp_path_factory.mktemp("copy")), folder)


@pytest.fixture(scope="session")
def root_of_session() -> Path:
    """The repository."""
    return Path(__file__).parent.parent.parent.parent.parent
