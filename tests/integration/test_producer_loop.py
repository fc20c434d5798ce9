"""The producer in a loop beside a real broker, while the versions that it streams come and go."""

import shutil
from pathlib import Path

from embedded.processes import end
from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from tests.publications import publish_again
from tests.stack import Stack

SECONDS = 60


def test_it_goes_over_to_a_new_version_and_ends_with_an_error_where_no_model_is_left(
    stack: Stack, iris: Bundle, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    first = publish_again(models, iris)
    producer = stack.produce(models_dir=models, producer_loop=True, producer_interval=0.005)
    wait_until(lambda: stack.count("requests") > 40, "a second pass of 30 records", SECONDS)
    publish_again(models, iris, keep=1, samples=2)
    assert not first.path.exists()
    more = stack.count("requests") + 60
    wait_until(lambda: stack.count("requests") > more, "records after the version they came from was deleted", SECONDS)
    assert producer.process.poll() is None
    stack.processes.forget(producer)
    try:
        shutil.rmtree(models / "iris")
        assert producer.process.wait(SECONDS) == 1
    finally:
        end(producer.process)
    log = stack.log("producer").read_text()
    assert "iris is streamed no more: " in log
    assert f"BundleError: no model in {models} is left to stream" in log
    assert "Traceback" not in log
