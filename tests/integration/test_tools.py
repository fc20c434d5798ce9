"""The operator's tools beside a real broker: what went wrong is seen, sent again, and scored once it is mended."""

import dataclasses
import shutil
import signal
from pathlib import Path

import pytest

from embedded import ports
from embedded.processes import end, python
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from petalstream.settings import Servers
from tests.operator import lag, replay, tools
from tests.records import flower
from tests.stack import Stack


def published(stack: Stack, *names: str) -> Path:
    """A models folder where Iris stands under these names."""
    folder = stack.folder / "-".join(names)
    for name in names:
        shutil.copytree(stack.settings.models_dir / "iris", folder / name)
        for manifest in (folder / name).glob("*/manifest.json"):
            manifest.write_text(manifest.read_text().replace('"model": "iris"', f'"model": "{name}"'))
    return folder


@pytest.mark.long
def test_records_of_an_unknown_model_are_listed_and_come_back_as_predictions_once_it_is_published(stack: Stack) -> None:
    assert tools(stack, "dead-letters", "list") == "no dead letters: no model has a topic for them yet\n"
    assert tools(stack, "lag") == "no topic of requests yet\n"
    api = stack.start_api(models_dir=published(stack, "iris"))
    broker.create_topics(stack.servers, "rose", 2)
    good = [Message("rose.requests", str(number).encode(), flower(), [("expected", b"setosa")]) for number in range(9)]
    stack.write([*good, Message("rose.requests", b"bad", b"\xff\x1b[31m", [])])
    assert lag(stack)[-1]["lag"] == "10"
    consumer = stack.consume(consumer_give_up_seconds=0.5, consumer_models="iris,rose")
    wait_until(lambda: broker.record_count(stack.servers, "rose.dead-letters") == 10, "the dead letters", 60)

    listed = tools(stack, "dead-letters", "list", "--last", "10")
    assert listed.startswith("rose: 10 dead letters\n  unknown_model  9\n  undecodable    1\n")
    assert "there is no model 'rose'; served are iris" in listed
    assert r"b'\xff\x1b[31m'" in listed
    assert "\x1b" not in listed
    told = tools(stack, "dead-letters", "list", "--model", "iris", exit_code=2)
    assert told == "Error: Invalid value for --model: 'iris' has no dead letters; models that have a topic: rose\n"

    unknown = "--reason", "unknown_model"
    assert replay(stack, *unknown) == "9 replayed, 0 cannot be replayed, 0 passed over"
    wait_until(lambda: broker.record_count(stack.servers, "rose.dead-letters") == 19, "what is still bad to return", 60)
    end(consumer.process)
    assert lag(stack)[-1]["lag"] == "0"

    end(api.process)
    stack.start_api(models_dir=published(stack, "iris", "rose"))
    assert replay(stack, *unknown) == "9 replayed, 0 cannot be replayed, 0 passed over"
    assert lag(stack)[-1]["lag"] == "9"
    stack.consume()
    wait_until(lambda: broker.record_count(stack.servers, "rose.predictions") == 9, "the predictions", 60)
    for record in broker.read_topic(stack.servers, "rose.predictions"):
        assert dict(record.headers)["expected"] == b"setosa"


def test_a_broker_that_does_not_answer_is_told_in_one_line_and_ctrl_c_ends_the_waiting_without_a_stack_trace(
    stack: Stack,
) -> None:
    nowhere = Servers(f"127.0.0.1:{ports.free_port()}")
    stack = dataclasses.replace(stack, settings=dataclasses.replace(stack.settings, kafka_bootstrap_servers=nowhere))
    waiting = stack.start("tools", python("services.consumer.tools", "lag"), log_level="DEBUG")
    wait_until(lambda: "kafka" in stack.log("tools").read_text(), "the command to look for the broker", 30)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.process.wait(10) == 130
    assert "Traceback" not in stack.log("tools").read_text()
    told = tools(stack, "lag", exit_code=1)
    assert told.startswith(f"Error: the broker at {nowhere} (KAFKA_BOOTSTRAP_SERVERS): ")
    assert len(told.splitlines()) == 1
