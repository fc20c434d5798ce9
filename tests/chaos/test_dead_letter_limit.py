"""A sender whose records are all bad: its model pauses before the stream has drained into dead letters."""

import pytest

from embedded.processes import Child, end
from tests.chaos.models import Models
from tests.chaos.stream import owners
from tests.operator import tools
from tests.stack import confluent_in_long_runs

pytestmark = pytest.mark.timeout(300)
LIMIT = 20
# Dead letters beyond the limit: a probe at a start, and what is settled beside the record that reaches the limit.
MORE = 5
GOOD = 100
NEVER, OFTEN = 3_600, 0.1  # seconds between two probes


def consume(models: Models, name: str = "consumer", probe_seconds: float = NEVER) -> Child:
    """Start a consumer with the limit, whose log begins anew."""
    limit = {"consumer_dead_letters_in_a_row": LIMIT, "consumer_probe_seconds": probe_seconds}
    return models.stack.consume(name, **limit)


def dead(models: Models) -> int:
    """Count the requests to rose that have a dead letter."""
    return models.summary("rose").dead_lettered


def others_go_on(models: Models, number: int) -> None:
    """See that Iris' records are predicted, which takes longer than a paused model would need to drain."""
    models.send("iris", GOOD, first=number * GOOD)
    (iris,) = models.settled("iris")
    assert (iris.predicted, iris.duplicates) == ((number + 1) * GOOD, 0)


def await_pause(models: Models, *names: str) -> None:
    """Wait until the log of one of the consumers says that rose is paused."""

    def is_said() -> bool:
        lines = [line for name in names for line in models.stack.log(name).read_text().splitlines()]
        return any("paused" in line and "rose" in line for line in lines)

    models.wait(is_said, "the log to say that rose is paused", "rose", seconds=20)


@confluent_in_long_runs
def test_a_model_whose_records_are_all_bad_pauses_until_it_is_resumed_or_its_records_are_good(models: Models) -> None:
    bad = 3 * LIMIT
    models.create_topics("iris")
    models.send("rose", bad, colour=1)
    consumer = consume(models)
    await_pause(models, "consumer")
    others_go_on(models, 0)
    first = dead(models)
    assert LIMIT <= first <= LIMIT + MORE

    models.stack.kill(consumer)
    consumer = consume(models)
    others_go_on(models, 1)
    restarted = dead(models)
    assert restarted <= first + MORE

    tools(models.stack, "resume", "rose")
    models.wait(lambda: dead(models) >= restarted + LIMIT, f"{LIMIT} more dead letters", "rose")
    others_go_on(models, 2)
    assert dead(models) <= restarted + LIMIT + MORE

    end(consumer.process)
    models.send("rose", GOOD, key="good")
    consume(models, probe_seconds=OFTEN)
    (rose,) = models.settled("rose")
    assert (rose.predicted, rose.dead_lettered, rose.duplicates) == (GOOD, bad, 0)


@pytest.mark.long
@confluent_in_long_runs
def test_a_pause_and_its_end_reach_every_consumer(models: Models) -> None:
    names = ["one", "two"]
    # With Iris' partitions in the group too, one consumer might get all of rose.
    models.create_topics("rose")
    for name in names:
        consume(models, name)
    owners(models.stack, names, 60, "rose.requests")
    models.send("rose", 20 * LIMIT, colour=1)
    await_pause(models, *names)
    others_go_on(models, 0)
    first = dead(models)
    assert LIMIT <= first <= len(names) * (LIMIT + MORE)

    tools(models.stack, "resume", "rose")
    models.wait(lambda: dead(models) >= first + LIMIT, f"{LIMIT} more dead letters", "rose")
    others_go_on(models, 1)
    assert dead(models) <= first + len(names) * (LIMIT + MORE)
