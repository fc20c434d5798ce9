"""Topics that somebody made too small: the outcome that does not fit is replaced, and its neighbours are not harmed."""

from kafka import KafkaAdminClient

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from petalstream.settings import Delivery
from tests.stack import FLOWER, Stack, ways

SECONDS = 60


def make_topic(stack: Stack, topic: str, most_bytes: int) -> None:
    """A topic that takes only small records."""
    admin = KafkaAdminClient(bootstrap_servers=stack.servers)
    small = {"num_partitions": 1, "configs": {"max.message.bytes": str(most_bytes)}}
    admin.create_topics({topic: small}, wait_for_metadata=True)
    admin.close()


def behind(stack: Stack) -> int:
    """How many requests the group has not committed yet."""
    return broker.lags(stack.servers, stack.settings.consumer_group, r"iris\.requests")[0].behind


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_what_a_topic_does_not_take_costs_no_other_record_its_outcome(stack: Stack, delivery: str) -> None:
    make_topic(stack, "iris.predictions", 1_000)
    make_topic(stack, "iris.dead-letters", 2_000)
    flower = Message("iris.requests", b"flower", FLOWER, [])
    long_key = Message("iris.requests", b"k" * 700, FLOWER, [])
    long_and_bad = Message("iris.requests", b"bad", b"{" * 1_800, [])
    broker.create_topics(stack.servers, "iris", 1)
    stack.write([*[flower] * 40, long_key, *[flower] * 40, long_and_bad, *[flower] * 40])
    stack.use_shared_api()
    stack.consume(delivery=delivery)
    wait_until(lambda: not stack.summary().missing, "an outcome for every record", SECONDS)
    summary = stack.summary()
    letters = {
        letter.offset: letter for letter in map(DeadLetter.read, broker.read_topic(stack.servers, "iris.dead-letters"))
    }
    assert (summary.predicted, set(letters)) == (120, {40, 81})
    assert summary.duplicates == 0
    assert (letters[40].reason, letters[81].reason) == ("too_large", "undecodable")
    assert (letters[40].record.key, letters[40].record.value) == (long_key.key, FLOWER)
    assert (letters[81].record.value, letters[81].replayable) == (b"", False)
    assert all("max.message.bytes" in letter.message for letter in letters.values())
    wait_until(lambda: behind(stack) == 0, "the end", SECONDS)
