"""An api that takes its time, with far more waiting than a consumer may hold."""

import time

import psutil
import pytest

from embedded.processes import Child
from petalstream.settings import Settings
from tests.chaos.conftest import Chaos
from tests.chaos.stream import committed, members, numbered, reached, write
from tests.proxy import proxy
from tests.stack import FLOWER, confluent_in_long_runs

pytestmark = pytest.mark.timeout(3600)
BATCH = Settings.consumer_batch_records
MEGABYTE = 1024 * 1024


@confluent_in_long_runs
def test_with_a_slow_api_and_a_large_backlog_memory_stays_flat_and_nobody_leaves_the_group(chaos: Chaos) -> None:
    chaos.stack.use_shared_api()
    # 40 or 100 MB: far more than a consumer may hold.
    backlog = chaos.length.count(short=20_000, full=50_000)
    write(chaos.stack, (message._replace(value=FLOWER.ljust(2_000)) for message in numbered(backlog)))

    def delay(body: bytes) -> None:
        """Let every response wait: this is the scenario itself."""
        time.sleep(chaos.length.seconds(short=1, full=2))

    with proxy(chaos.stack.settings.api_url, delay) as slow_url:
        watch(chaos, chaos.stack.consume(api_url=slow_url), backlog)
    assert "a new Kafka consumer" not in chaos.stack.log("consumer").read_text()


def watch(chaos: Chaos, consumer: Child, backlog: int) -> None:
    """See that neither the consumer's memory nor its place in the group changes."""
    reached(chaos.stack, BATCH)
    member, process = members(chaos.stack), psutil.Process(consumer.process.pid)
    held = []
    for batch in range(2, 2 + chaos.length.count(short=3, full=10)):
        reached(chaos.stack, BATCH * batch)
        held.append(process.memory_info().rss / MEGABYTE)
        assert members(chaos.stack) == member
    chaos.note(f"{held[0]:.1f} MiB after 2 batches, {held[-1]:.1f} MiB after {1 + len(held)}, at most {max(held):.1f}")
    assert committed(chaos.stack) < backlog
    # What a consumer fetches at once, with copies that are being unpacked, a few MB.
    assert max(held) - held[0] < 20
