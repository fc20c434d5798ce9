"""Iris and models with faults in one real api, behind a proxy that counts what the consumer asks of each."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from embedded.summary import Summary
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from petalstream.model.bundle import Bundle
from tests.chaos.faulty import Faults, publish_faulty
from tests.lone_api import LoneApi, lone_api
from tests.proxy import CLOSE, Reply, model_proxy
from tests.records import FLOWER
from tests.stack import Stack

FAULTY = ("rose", "lily", "tulip", "daisy")
PARTITIONS = 2
SECONDS = 60
# An abandoned prediction keeps its thread until it ends: a thread for each model, and one for what is abandoned.
THREADS = 2 * len(FAULTY) + 1


@dataclass
class Models:
    """A stack whose consumers ask the proxy; `asked` counts requests by model, `closes` says which are cut off."""

    stack: Stack
    api: LoneApi
    asked: Counter[str] = field(default_factory=Counter)
    closes: Callable[[bytes], bool] = lambda body: False

    def judge(self, model: str, body: bytes) -> Reply | None:
        """Count a request, and say whether its connection is closed without a response."""
        self.asked[model] += 1
        return CLOSE if self.closes(body) else None

    def set(self, model: str, faults: Faults) -> None:
        """Replace the faults of a model."""
        faults.write(self.api.log.parent / f"{model}.json")

    def wait(self, condition: Callable[[], bool], what: str, *models: str, seconds: float = SECONDS) -> None:
        """Wait until `condition` holds. Raises TimeoutError, with what became of the models' requests."""
        try:
            wait_until(condition, what, seconds)
        except TimeoutError as error:
            found = "\n".join(f"{model}: {self.summary(model)}" for model in models)
            raise TimeoutError(f"{error}\n{found}") from None

    def await_asked(self, model: str, count: int) -> None:
        """Wait until the consumer has sent so many requests for a model."""
        self.wait(lambda: self.asked[model] >= count, f"{count} requests for {model}", model)

    def create_topics(self, *models: str) -> None:
        """Create the topics of the models: a running consumer looks for new ones only every few seconds."""
        for model in models:
            broker.create_topics(self.stack.servers, model, PARTITIONS)

    def send(self, model: str, count: int = 1, first: int = 0, key: str | None = "", **features: float) -> None:
        """Write flowers with their numbers as keys behind the prefix `key`; None writes them without keys."""
        self.create_topics(model)
        value = json.dumps(FLOWER | features).encode()
        keys = [None if key is None else f"{key}{number}".encode() for number in range(first, first + count)]
        self.stack.write(Message(f"{model}.requests", each, value, []) for each in keys)

    def summary(self, model: str) -> Summary:
        """Match the requests to a model with their outcomes, offset by offset."""
        return Summary.read(self.stack.servers, model)

    def settled(self, *models: str, seconds: float = SECONDS) -> list[Summary]:
        """Wait until each request to the models has an outcome, and match them."""
        found: list[Summary] = []

        def is_complete() -> bool:
            found[:] = [self.summary(model) for model in models]
            return all(each.complete for each in found)

        self.wait(is_complete, f"an outcome for each request to {' and '.join(models)}", *models, seconds=seconds)
        return found

    def dead_letters(self, model: str) -> list[DeadLetter]:
        """Read the dead letters of a model."""
        return [DeadLetter.read(record) for record in broker.read_topic(self.stack.servers, f"{model}.dead-letters")]


@pytest.fixture(scope="session")
def faulty_api(iris: Bundle, heart_failure: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api with Iris, heart failure and the models with faults, for the tests of this pytest process."""
    folder = tmp_path_factory.mktemp("faulty-api")
    for found in (iris, heart_failure):
        shutil.copytree(found.path.parent, folder / "models" / found.manifest.model)
    for name in FAULTY:
        publish_faulty(folder / "models", iris, name, folder / f"{name}.json")
    with lone_api(folder / "models", folder, api_workers=1, api_threads=THREADS) as running:
        yield running


@pytest.fixture
def models(stack: Stack, faulty_api: LoneApi) -> Iterator[Models]:
    """Models without faults yet, in a stack without a consumer yet."""
    found = Models(stack, faulty_api)
    for name in FAULTY:
        found.set(name, Faults())
    with model_proxy(faulty_api.url, found.judge) as url:
        stack.settings = replace(stack.settings, api_url=url, topic_partitions=PARTITIONS)
        yield found
