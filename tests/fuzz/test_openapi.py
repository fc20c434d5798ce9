"""Whatever is asked of the running api, it answers as its OpenAPI document says, and never with an error of its own."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from embedded.processes import ROOT, python
from petalstream import settings as environment
from petalstream.settings import Settings
from tests.length import Length
from tests.lone_api import LoneApi, lone_api

pytestmark = pytest.mark.timeout(400)

Fuzz = Callable[..., subprocess.CompletedProcess[str]]
CONFIG = Path(__file__).with_name("schemathesis.toml")
RUN_SECONDS = 300
V2 = "^/v2"
# A model that is unloaded would no longer answer the other requests.
LOADING = "/(un)?load$"


@pytest.fixture
def fuzz(pytestconfig: pytest.Config, tmp_path: Path, length: Length) -> Fuzz:
    """Run schemathesis on what a seed draws: always the same where that is short. pytest shows what a failure found."""
    seed = pytestconfig.getoption("--seed") or length.count(short=1, full=random.SystemRandom().randrange(10**9))

    def run(location: str, *options: str) -> subprocess.CompletedProcess[str]:
        print(f"--seed {seed}")
        command = python("schemathesis.cli", "--no-color", "--config-file", str(CONFIG), "run", location)
        done = subprocess.run(
            [*command, "--seed", str(seed), *options],
            cwd=tmp_path,
            env={**environment.inherited(), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        print(done.stdout[-20_000:], done.stderr[-5_000:])
        return done

    return run


@pytest.fixture
def api(all_models: Settings, tmp_path: Path) -> Iterator[LoneApi]:
    """An api that serves two models."""
    with lone_api(all_models.models_dir, tmp_path) as running:
        yield running


def test_every_answer_is_as_documented(api: LoneApi, fuzz: Fuzz, length: Length) -> None:
    examples = str(length.count(short=1, full=10))
    # /predict is of Iris, and a version takes what its model does.
    left_out = LOADING if length.is_full else f"{LOADING}|/models/iris|/versions/"
    done = fuzz(f"{api.url}/openapi.json", "--max-examples", examples, "--exclude-path-regex", left_out)
    assert done.returncode == 0


@pytest.mark.long
def test_every_answer_to_a_browser_is_as_documented(api: LoneApi, fuzz: Fuzz) -> None:
    done = fuzz(f"{api.url}/openapi.json", "-H", "Accept: text/html", "--max-examples", "5", "--exclude-path-regex", V2)
    assert done.returncode == 0


@pytest.mark.long
def test_without_a_key_nothing_is_told(all_models: Settings, fuzz: Fuzz, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("the-key\n")
    with lone_api(all_models.models_dir, tmp_path, api_keys=keys) as api:
        key = ("-H", "X-API-Key: the-key")
        done = fuzz(
            f"{api.url}/openapi.json",
            *key,
            "--max-examples",
            "2",
            "--phases",
            "examples,fuzzing",
            "--exclude-path-regex",
            LOADING,
        )
    assert done.returncode == 0


@pytest.mark.long
def test_without_a_model_every_answer_is_as_documented(tmp_path: Path, fuzz: Fuzz) -> None:
    models = tmp_path / "models"
    models.mkdir()
    with lone_api(models, tmp_path) as api:
        # It answers 503, which is documented; of any other server error the check of statuses tells.
        options = ("--max-examples", "10", "--exclude-checks", "not_a_server_error")
        assert fuzz(f"{api.url}/openapi.json", *options).returncode == 0


@pytest.mark.long
def test_models_are_loaded_and_unloaded_as_documented(all_models: Settings, fuzz: Fuzz, tmp_path: Path) -> None:
    with lone_api(all_models.models_dir, tmp_path) as api:
        done = fuzz(f"{api.url}/openapi.json", "--max-examples", "20", "--include-path-regex", f"{V2}/repository")
        assert done.returncode == 0
        for model in ("iris", "heart_failure", "penguins"):
            assert requests.post(f"{api.url}/v2/repository/models/{model}/load", timeout=10).status_code == 200
        index = requests.post(f"{api.url}/v2/repository/index", json={"ready": True}, timeout=10).json()
    assert [state["name"] for state in index] == ["heart_failure", "iris", "penguins"]


@pytest.mark.parametrize(
    ("query", "field", "status"), [("a" * 5_000, "a", "414"), ("a", "a" * 9_000, "431")], ids=["query", "header"]
)
def test_a_request_too_long_to_be_read_is_answered_as_documented(
    api: LoneApi, query: str, field: str, status: str
) -> None:
    document = requests.get(f"{api.url}/openapi.json", timeout=10).json()
    response = requests.get(f"{api.url}/models?{query}", headers={"X-Field": field}, timeout=10)
    assert (str(response.status_code), response.headers["Content-Type"]) == (status, "text/plain")
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert {operation["responses"][status]["$ref"] for operation in operations} == {
        f"#/components/responses/Unread{status}"
    }


def test_a_document_that_is_not_true_would_be_found_out(api: LoneApi, fuzz: Fuzz, tmp_path: Path) -> None:
    document = requests.get(f"{api.url}/openapi.json", timeout=10).json()
    document["components"]["schemas"]["iris.prediction"]["properties"]["label"]["enum"] = ["rose"]
    del document["paths"]["/predict"]["post"]["responses"]["400"]
    lie = tmp_path / "lie.json"
    lie.write_text(json.dumps(document))
    done = fuzz(str(lie), "--url", api.url, "--max-examples", "1", "--include-path", "/predict")
    assert done.returncode == 1
    assert "Response violates schema" in done.stdout
    assert "Undocumented status code" in done.stdout
