"""The Compose stack itself, brought up by `make up` under a project name and ports of its own."""

import functools
import json
import re

import pytest
import requests

from embedded.summary import Summary
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import Settings
from tests.e2e.stack import LONG_RUNNING, SECONDS, Stack
from tests.length import Length
from tests.served import await_served

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.timeout(900)]
SERVED_SECONDS = 30
MOST_KILLS_OF_A_CONSUMER = 2  # its own, and the broker's


def kill_main_process(stack: Stack, service: str) -> None:
    """SIGKILL to the container's main process, by its pid and from a container of the engine's own machine.

    `docker kill` would count as a stop by hand, which no restart policy mends, and where the engine runs in a virtual
    machine the pid is not one of this machine.
    """
    image, pid = stack.inspect("api", "{{.Config.Image}}"), stack.inspect(service, "{{.State.Pid}}")
    stack.docker("run", "--rm", "--pid=host", "--user=0", "--entrypoint=sh", image, "-c", f"kill -9 {pid}")


def test_the_trainer_has_ended_well_and_everything_else_is_up(stack: Stack) -> None:
    assert stack.inspect("trainer", "{{.State.Status}} {{.State.ExitCode}}") == "exited 0"
    for service in LONG_RUNNING:
        wait_until(functools.partial(stack.up_and_well, service), f"{service} to be well", SECONDS)


def test_the_consumer_is_ready_and_has_metrics_on_the_stacks_network_alone(stack: Stack) -> None:
    wait_until(lambda: stack.has_predicted(1), "a prediction", SECONDS)
    # Another test may have just killed it, and the first health check comes 10 s after a start.
    wait_until(lambda: stack.state("consumer") == "running healthy", "the consumer to be healthy", SECONDS)
    assert json.loads(stack.ask_consumer("/ready")) == {"status": "ready"}
    assert 'petalstream_consumer_lane_state{model="iris",state="running"} 1.0' in stack.ask_consumer("/metrics")
    assert stack.docker("port", stack.container("consumer")) == ""


# The container's first process is Docker's init, which has the same words behind its own name.
SIGNAL = """
import os, pathlib, signal
for found in pathlib.Path("/proc").glob("[0-9]*"):
    if (found / "cmdline").read_bytes() == b"python\\0-m\\0services.consumer\\0":
        os.kill(int(found.name), signal.{name})
"""


def signal_consumer(stack: Stack, name: str) -> None:
    """Send a signal to the consumer's own process."""
    stack.compose("exec", "consumer", "/opt/venv/bin/python", "-c", SIGNAL.format(name=name))


@pytest.mark.long
def test_a_consumer_that_hangs_is_unhealthy_until_it_goes_on(stack: Stack) -> None:
    wait_until(functools.partial(stack.up_and_well, "consumer"), "the consumer to be well", SECONDS)
    signal_consumer(stack, "SIGSTOP")
    try:
        wait_until(lambda: stack.state("consumer") == "running unhealthy", "the consumer to be unhealthy", SECONDS)
    finally:
        signal_consumer(stack, "SIGCONT")
    wait_until(functools.partial(stack.up_and_well, "consumer"), "the consumer to be well again", SECONDS)


def test_the_whole_test_set_is_printed_and_on_the_predictions_topic(stack: Stack) -> None:
    wait_until(lambda: len(stack.predicted()) == 30, "a prediction of each of the 30 flowers", SECONDS)
    wait_until(lambda: len(stack.shown()) == 30, "30 printed flowers", SECONDS)
    # Another test writes a bad record, which has a dead letter instead.
    asked, dead = (
        {record.key for record in broker.read_topic(stack.servers, f"iris.{topic}")}
        for topic in ("requests", "dead-letters")
    )
    assert stack.predicted().keys() == asked - dead
    value = json.loads(next(iter(stack.predicted().values())))
    assert value["model"] == "iris"
    assert set(value["features"]) == {"sepal_length", "sepal_width", "petal_length", "petal_width"}


def test_every_models_test_set_is_streamed(stack: Stack) -> None:
    def predicted() -> list[ReceivedRecord]:
        return list(broker.read_topic(stack.servers, "heart_failure.predictions"))

    wait_until(lambda: len({record.key for record in predicted()}) == 60, "a prediction of each patient", SECONDS)
    value = json.loads(predicted()[0].value or b"")
    assert set(value["prediction"]["votes"]) == {"decision_tree", "random_forest", "extra_trees"}
    assert value["unused"] == ["diabetes", "sex"]


@pytest.mark.long
def test_the_pages_the_form_and_the_drawings_are_served(stack: Stack) -> None:
    url, html = stack.api_url, {"Accept": "text/html"}
    start = requests.get(url, headers=html, timeout=10).text
    for model in ("iris", "heart_failure", "penguins"):
        assert f'href="/models/{model}"' in start
        report = requests.get(f"{url}/models/{model}/report", headers=html, timeout=10).text
        drawings = re.findall(r'src="(/models/\w+/report/[^"]+\.svg)"', report)
        assert len(drawings) >= 4
        assert requests.get(url + drawings[0], timeout=10).text.rstrip().endswith("</svg>")
    flower = {"sepal_length": "5.1", "sepal_width": "3.5", "petal_length": "1.4", "petal_width": "0.2"}
    answer = requests.post(f"{url}/models/iris/predict", data=flower, headers=html, timeout=10)
    assert answer.status_code == 200
    assert "setosa" in answer.text


def test_the_api_answers_on_its_port_and_only_on_loopback(stack: Stack) -> None:
    url = stack.api_url
    flower = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    assert requests.post(f"{url}/predict", json=flower, timeout=10).json()["label"] == "setosa"
    assert requests.get(f"{url}/ready", timeout=10).json()["status"] == "ready"
    published = stack.compose("port", "api", "5000").strip()
    assert published == f"127.0.0.1:{stack.api_port}"


@pytest.mark.parametrize("service", ["trainer", "api", "producer", "consumer", "dashboard"])
def test_our_containers_run_without_rights(stack: Stack, service: str) -> None:
    form = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
    assert stack.inspect(service, form) == "petalstream true [ALL] [no-new-privileges:true]"


@pytest.mark.parametrize("service", ["producer", "consumer"])
def test_producer_and_consumer_images_hold_only_what_they_need(stack: Stack, service: str) -> None:
    listing = "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    found = set(stack.compose("exec", service, "/opt/venv/bin/python", "-c", listing).split())
    client = {"crc32c", "kafka-python"}
    consumer = {"click", "cramjam", "orjson", "prometheus_client", "requests", "tenacity"}
    consumer |= {"certifi", "charset-normalizer", "idna", "urllib3"}  # requests needs them
    assert found == (client if service == "producer" else client | consumer)


def test_killed_containers_come_back_by_themselves_and_every_record_has_its_prediction(
    stack: Stack, length: Length
) -> None:
    dead_letters = Summary.read(stack.servers, "iris").dead_lettered  # another test writes a bad record
    for service in LONG_RUNNING if length.is_full else ["consumer"]:
        before = stack.restarts(service)
        kill_main_process(stack, service)
        back = functools.partial(stack.came_back, service, before)
        wait_until(back, f"{service} to be restarted and well", SECONDS)
        more = functools.partial(stack.has_predicted, stack.predictions() + 10)
        wait_until(more, f"predictions after {service} was killed", SECONDS)
    stack.compose("stop", "producer")
    try:
        wait_until(lambda: not Summary.read(stack.servers, "iris").missing, "the last predictions", SECONDS)
        summary = Summary.read(stack.servers, "iris")
        print(summary, f"{summary.duplicates} duplicates")
        assert (summary.missing, summary.dead_lettered) == ([], dead_letters)
        assert summary.duplicates <= MOST_KILLS_OF_A_CONSUMER * Settings.consumer_batch_records
    finally:
        stack.compose("start", "producer")


@pytest.mark.long
def test_make_lists_and_replays_a_bad_record_sends_a_row_and_shows_lag_and_lanes(stack: Stack) -> None:
    producer = broker.new_producer(stack.servers, 10)
    broker.send(producer, Message("iris.requests", b"bad", b'{"sepal_length": 5.1}', [])).get(timeout=20)
    broker.close_producer(producer, 5)
    wait_until(lambda: "missing_feature" in stack.make("dead-letters").stdout, "the dead letter to be listed", SECONDS)
    assert re.search(r"\b1 replayed", stack.make("replay").stdout)
    wait_until(lambda: len(list(broker.read_topic(stack.servers, "iris.dead-letters"))) == 2, "it to return", SECONDS)
    sent = stack.make("send", "MODEL=iris", "5.9", "3.0", "4.2", "1.5").stdout
    assert re.match(r"sepal_length=5.9 .* ->  versicolor [\d.]+%  \(iris version \d+, \d+ ms\)\n", sent)
    assert "iris.requests" in stack.make("lag").stdout
    assert "no lane is paused" in stack.make("lanes").stdout
    assert "no lane is paused" in stack.make("resume").stdout


@pytest.mark.long
def test_make_up_a_second_time_changes_nothing_and_trains_nothing(stack: Stack) -> None:
    before, versions = {service: stack.container(service) for service in LONG_RUNNING}, listed(stack)
    stack.make("up")
    assert {service: stack.container(service) for service in LONG_RUNNING} == before
    assert listed(stack) == versions
    assert "is up to date" in stack.docker("logs", "--tail", "1", stack.container("trainer"))
    for service in LONG_RUNNING:
        # A health check that a busy machine delays fails now and then.
        wait_until(functools.partial(stack.up_and_well, service), f"{service} to be well", SECONDS)


@pytest.mark.long
def test_make_train_publishes_a_new_version_that_the_running_api_serves_and_leaves_the_old_one(stack: Stack) -> None:
    versions, api, restarts = set(listed(stack)), stack.container("api"), stack.restarts("api")
    assert "published version" in stack.make("train").stdout
    assert set(listed(stack)) > versions
    await_served(stack.api_url, stack.current, SERVED_SECONDS)
    assert (stack.container("api"), stack.restarts("api")) == (api, restarts)


@pytest.mark.long
def test_make_rollback_points_a_model_back_and_make_up_leaves_it_there(stack: Stack) -> None:
    stack.make("train", "MODEL=iris")
    newest = stack.current
    before = str(int(newest) - 1)
    told = stack.make("rollback", "MODEL=iris").stdout
    assert f"iris: version {before} is served now, before it was {newest}" in told
    await_served(stack.api_url, before, SERVED_SECONDS)
    stack.make("up")
    assert stack.current == before
    told = stack.make("rollback", "MODEL=iris", f"TO={newest}").stdout
    assert f"iris: version {newest} is served now, before it was {before}" in told


def listed(stack: Stack) -> list[str]:
    """What is in the model's folder on the volume."""
    return stack.compose("exec", "api", "ls", "/models/iris").split()


def test_make_down_keeps_the_volumes_and_make_up_goes_on_with_them(stack: Stack) -> None:
    before = stack.predictions()
    stack.make("down")
    assert stack.existing("containers", "networks") == []
    assert len(stack.existing("volumes")) == 5
    stack.make("up")
    assert stack.predictions() >= before


@pytest.mark.long
def test_make_clean_deletes_the_volumes_too(stack: Stack) -> None:
    stack.make("clean")
    assert stack.existing("containers", "networks", "volumes") == []
    stack.make("up")
