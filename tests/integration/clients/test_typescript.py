"""A client in TypeScript with the types that openapi-typescript generates from the api's OpenAPI document."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from embedded.environments import python_with
from tests.lone_api import LoneApi

# To install Node and the packages takes half a minute.
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("clients"), pytest.mark.timeout(900)]
HERE = Path(__file__).parent / "typescript"
SECONDS = 300


def test_requests_and_responses_fit_the_generated_types(api: LoneApi, root: Path, tmp_path: Path) -> None:
    node = python_with(HERE / "requirements.txt", root / ".cache" / "clients" / "typescript").parent
    folder = tmp_path / "client"
    shutil.copytree(HERE, folder)

    def run(*command: str) -> str:
        own = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
        ended = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=SECONDS)
        assert ended.returncode == 0, f"{command}: {ended.stdout} {ended.stderr}"
        return ended.stdout

    run("npm", "ci", "--no-audit", "--no-fund")
    run("npx", "openapi-typescript", f"{api.url}/openapi.json", "--output", "schema.d.ts")
    run("npx", "tsc")
    found = json.loads(run("node", "ask.ts", api.url))
    assert found["one"]["label"] == "setosa"
    assert found["patient"]["label"] in ("died", "survived")
    assert (found["penguin"]["unit"], len(found["penguin"]["interval"])) == ("g", 2)
    assert found["reported"] == ["setosa", "petal_width"]
    assert found["columns"]["label"] == ["virginica"]
    assert found["refused"] == [400, "the rows do not fit the model: 1 fault, in 1 row, is listed"]
    assert found["inferred"]["data"] == ["virginica"]
    assert found["models"] == [f"/models/{model}/predict" for model in ("heart_failure", "iris", "penguins")]
