"""Which models the consumer reads requests of."""

import threading
from collections.abc import Callable, Iterator

import pytest

from embedded.waiting import wait_until
from petalstream.lifecycle import Stop
from services.consumer import models
from services.consumer.api_client.errors import Unavailable
from services.consumer.models import Models

SECONDS = 10
IRIS, BOTH = frozenset({"iris"}), frozenset({"iris", "rose"})
AWAY = Unavailable("no api")


class Api:
    """Lists what a test says, and then the last of it again and again."""

    def __init__(self, *lists: frozenset[str] | Unavailable) -> None:
        self.lists, self.asked = list(lists), 0

    def __call__(self) -> frozenset[str]:
        self.asked += 1
        found = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(found, Unavailable):
            raise found
        return found

    def is_at_its_last(self) -> bool:
        """Whether the last list was read twice or more, and so what came of the first time is known."""
        return len(self.lists) == 1


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Api], Models]]:
    """Return models that follow an api without much waiting."""
    monkeypatch.setattr(models, "POLL_SECONDS", 0.01)
    made: list[Models] = []

    def follow(api: Api) -> Models:
        made.append(Models([], api))
        made[-1].start(Stop())
        return made[-1]

    yield follow
    for each in made:
        each.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "models"]


def test_models_that_are_listed_are_not_asked_for() -> None:
    api = Api(BOTH)
    found = Models(["iris"], api)
    found.start(Stop())
    assert (found.names, api.asked) == (IRIS, 0)
    found.close()


def test_the_first_list_is_waited_for_and_the_log_says_so(
    following: Callable[[Api], Models], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert following(Api(AWAY, AWAY, IRIS)).names == IRIS
    (said,) = [message for message in caplog.messages if "no api" in message]
    assert said == "models of the api: no api; the consumer waits for the list"
    assert "the api has iris: requests are read" in caplog.messages


def test_models_come_and_go(following: Callable[[Api], Models], caplog: pytest.LogCaptureFixture) -> None:
    found = following(Api(IRIS, BOTH, frozenset({"rose"})))
    wait_until(lambda: found.names == {"rose"}, "iris to go", SECONDS)
    assert "the api has no iris any more: requests stay where they are, unread" in caplog.messages


def test_an_api_that_goes_away_takes_no_model_with_it(
    following: Callable[[Api], Models], caplog: pytest.LogCaptureFixture
) -> None:
    api = Api(BOTH, AWAY, AWAY, AWAY)
    found = following(api)
    wait_until(api.is_at_its_last, "the api to be asked again", SECONDS)
    assert found.names == BOTH
    assert "models of the api: no api; requests of iris, rose are read as before" in caplog.messages
    api.lists = [IRIS]
    wait_until(lambda: found.names == IRIS, "the list to be followed again", SECONDS)
    wait_until(lambda: "they are followed again after" in caplog.text, "the log to say so", SECONDS)


def test_a_stop_ends_the_wait_for_the_first_list() -> None:
    stop = Stop()
    api = Api(AWAY)
    found = Models([], api)
    ask = threading.Timer(0.2, stop.request)
    ask.start()
    found.start(stop)
    ask.join()
    assert found.names == frozenset()
    found.close()
