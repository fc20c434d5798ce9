"""A topic that takes no outcome at all: the lane of its model waits, and no other."""

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from embedded.waiting import wait_until
from petalstream.settings import Delivery
from tests.chaos.models import SECONDS, Models
from tests.stack import ways

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]
GOOD = 100
TOPIC = "rose.predictions"
# A user may do everything that no rule denies.
AUTHORIZER = """\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:nobody
"""
RESOURCE = (ResourceType.TOPIC, TOPIC, ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", AclOperation.WRITE)


def deny_writes(admin: AdminClient) -> None:
    """Have the broker refuse every record for the topic."""
    (denied,) = admin.create_acls([AclBinding(*RESOURCE, AclPermissionType.DENY)]).values()
    denied.result(SECONDS)


def allow_writes(admin: AdminClient) -> None:
    """Take that back."""
    (allowed,) = admin.delete_acls([AclBindingFilter(*RESOURCE, AclPermissionType.DENY)]).values()
    allowed.result(SECONDS)


@pytest.mark.own_broker
@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_topic_that_may_not_be_written_makes_its_lane_wait_alone(models: Models, delivery: str) -> None:
    models.stack.broker.kill()
    models.stack.broker.start(AUTHORIZER)
    admin = AdminClient({"bootstrap.servers": models.stack.servers})
    models.create_topics("rose", "iris")
    deny_writes(admin)
    models.send("rose", GOOD)
    models.send("iris", GOOD)
    consumer = models.stack.consume(delivery=delivery)
    (iris,) = models.settled("iris")
    assert (iris.predicted, iris.duplicates) == (GOOD, 0)
    log = models.stack.log("consumer")
    wait_until(lambda: "the lane waits and writes again" in log.read_text(), "the lane of rose to say so", SECONDS)
    assert (models.summary("rose").predicted, models.summary("rose").dead_lettered) == (0, 0)
    allow_writes(admin)
    (rose,) = models.settled("rose")
    assert (rose.predicted, rose.dead_lettered, rose.duplicates) == (GOOD, 0, 0)
    assert log.read_text().count("the lane waits and writes again") == 1
    assert "uthoriz" in log.read_text()
    assert consumer.process.poll() is None


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_topic_that_is_deleted_meanwhile_is_created_again(models: Models, delivery: str) -> None:
    models.create_topics("rose", "iris")
    models.stack.consume(delivery=delivery)
    models.send("rose")
    models.settled("rose")
    admin = AdminClient({"bootstrap.servers": models.stack.servers})
    admin.delete_topics([TOPIC])[TOPIC].result(SECONDS)
    models.send("rose", GOOD, first=1)
    models.send("iris", GOOD)
    (iris,) = models.settled("iris")
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    # The first prediction is gone with the topic.
    models.wait(lambda: models.summary("rose").predicted == GOOD, "the predictions of the later requests", "rose")
    assert models.summary("rose").dead_lettered == 0
