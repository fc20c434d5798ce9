"""CSVs as people have them: read, or refused with a message that names the place."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.trainer.data import csv_reader
from services.trainer.data.faults import DataError
from services.trainer.definition import Csv
from tests.unit.trainer.houses import HOUSES
from tests.unit.trainer.ugly_cells import OF_CELLS
from tests.unit.trainer.ugly_files import OF_FILES, OF_HEADERS

TABLE = {**OF_FILES, **OF_HEADERS, **OF_CELLS}


@pytest.mark.parametrize("name", TABLE)
def test_it_is_read_or_told_what_is_wrong_and_where(name: str) -> None:
    content, how, told = TABLE[name]
    model = replace(HOUSES, csv=Csv("houses.csv", **how))  # type: ignore[arg-type]
    content = content.encode() if isinstance(content, str) else content
    if told:
        with pytest.raises(DataError) as refused:
            csv_reader.parse(content, Path("houses.csv"), model)
        assert str(refused.value) == told
    else:
        definition, samples = csv_reader.parse(content, Path("houses.csv"), model)
        assert len(samples) == 24
        assert definition.labels == ("no", "yes")
