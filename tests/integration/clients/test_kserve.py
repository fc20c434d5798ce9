"""The api as KServe's REST client sees it."""

import json
import subprocess
from pathlib import Path

import pytest
import requests

from embedded.environments import python_with
from tests.lone_api import LoneApi
from tests.records import FLOWER

# To install KServe takes a minute and half a gigabyte.
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("clients"), pytest.mark.timeout(1200)]
HERE = Path(__file__).parent / "kserve"
ROWS = [list(FLOWER.values()), [6.3, 3.3, 6.0, 2.5]]


def test_bytes_json_and_mixtures_are_predicted_alike(api: LoneApi, root: Path) -> None:
    python = python_with(HERE / "requirements.txt", root / ".cache" / "clients" / "kserve")
    asked = [str(python), str(HERE / "ask.py"), api.url, json.dumps(ROWS)]
    ended = subprocess.run(asked, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found.pop("ready") == [True, True, True]
    assert "expected are the inputs sepal_length (FP64)" in found.pop("error")
    types = {"bytes": "application/octet-stream", "json": "application/json", "mixed": "application/octet-stream"}
    assert {name: response.pop("type") for name, response in found.items()} == types
    rows = [dict(zip(FLOWER, row, strict=True)) for row in ROWS]
    expected = requests.post(f"{api.url}/predict", json=rows, timeout=20).json()
    for response in found.values():
        assert response["labels"] == ["setosa", "virginica"]
        for row, probabilities in zip(expected, response["probabilities"], strict=True):
            assert probabilities == pytest.approx(list(row["probabilities"].values()), abs=1e-9)
