"""`make up` with models of one's own: text, another package, own code, and one whose CSV is wrong."""

import re
from collections.abc import Iterator

import pytest
import requests

from embedded.ports import free_port
from embedded.waiting import wait_until
from tests.checkouts import quick_copy
from tests.e2e.compose import ROOT, Project, require_engine
from tests.roses import bring

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.timeout(900), pytest.mark.long]
SECONDS = 180


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, str, str]]:
    """A checkout with the models whose stack is up, what `make up` printed to standard error, and the api's address."""
    require_engine()
    checkout = quick_copy(ROOT, tmp_path_factory.mktemp("brought"))
    bring(checkout)
    ports = {name: str(free_port()) for name in ("API_PORT", "KAFKA_PORT", "DASHBOARD_PORT")}
    stack = Project({**ports, "CONSUMER_HEALTH_PORT": "0", "PRODUCER_INTERVAL": "0.05"}, root=checkout)
    with stack.removed_afterwards():
        printed = stack.make("up").stderr
        yield stack, printed, f"http://localhost:{ports['API_PORT']}"


def test_a_model_that_cannot_be_trained_is_named_and_the_others_are_served(up: tuple[Project, str, str]) -> None:
    _, printed, url = up
    assert "trainer: wrong: data/roses.csv has 7 faults:\n  line 1, weight: there is no such column" in printed
    assert "trainer: not trained, as said above: wrong\n" in printed
    models = {"careful", "heart_failure", "iris", "notes", "penguins", "plain", "rose"}
    assert set(requests.get(f"{url}/ready", timeout=10).json()["models"]) == models


def test_own_code_and_another_package_are_in_the_images(up: tuple[Project, str, str]) -> None:
    url = f"{up[2]}/models/notes/predict"
    response = requests.post(url, json={"notes": "low and dense", "height": 80.5, "colour": "blue"}, timeout=10)
    assert (response.status_code, response.json()["label"]) == (200, "gallica")


@pytest.mark.parametrize("model", ["notes", "plain", "careful"])
def test_its_records_are_predicted_on_the_stream(up: tuple[Project, str, str], model: str) -> None:
    stack, begins = up[0], f"{model}.requests["
    wait_until(lambda: begins in stack.compose("logs", "--no-log-prefix", "consumer"), f"a line of {model}", SECONDS)
    lines = stack.compose("logs", "--no-log-prefix", "consumer").splitlines()
    assert all("dead letter" not in line for line in lines if line.startswith(begins))


def test_a_machine_without_python_writes_and_checks_a_model_in_the_trainers_image(up: tuple[Project, str, str]) -> None:
    stack, no_python = up[0], "PYTHON=no-such-python"
    written = stack.make("new", "MODEL=drafted", "CSV=roses.csv", "TARGET=variety", no_python).stdout
    assert "wrote services/trainer/models/drafted.py" in written
    checked = stack.make("check", "MODEL=drafted", no_python).stdout
    assert re.search(r"^drafted: fitted on 100 rows, and opened as the api does, in \d+ MiB$", checked, re.MULTILINE)
