"""What cannot be read: the ledger counts corrupt requests as the consumer does, and a denied topic stops no other."""

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
from petalstream import broker
from services.dashboard.follow import followed_models
from tests.chaos.test_refused_topic import AUTHORIZER
from tests.following import following, write_flow
from tests.integration.test_unreadable import flowers, write
from tests.stack import Stack

pytestmark = [pytest.mark.long, pytest.mark.own_broker]
SECONDS = 60


def test_corrupt_requests_count_as_requests_and_have_their_dead_letters(stack: Stack) -> None:
    for marks in ({}, {"mark": b"to be altered"}, {}):
        write(stack, flowers(3, **marks))
    (segment,) = stack.broker.folder.glob("data/iris.requests-0/*.log")
    segment.write_bytes(segment.read_bytes().replace(b"to be altered", b"is altered   "))
    stack.use_shared_api()
    stack.consume()
    with following(stack.settings) as followed:
        ledger = followed.await_ledger(lambda row: row.predictions == 6 and row.dead_letters == 3, "9 outcomes")
        assert (ledger.total.requests, ledger.total.to_do, ledger.is_balanced) == (9, 0, True)
        model = followed.model()
        assert model is not None
        assert model.dead_letters == {"corrupt": 3}


def test_a_topic_without_permission_is_named_and_read_once_there_is_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_models, "AGAIN_SECONDS", 2.0)
    stack.broker.kill()
    stack.broker.start(AUTHORIZER)
    for model in ("iris", "rose"):
        broker.create_topics(stack.servers, model, 1)
    anybody = ResourcePatternType.LITERAL, "User:ANONYMOUS", "*"
    rose = ResourceType.TOPIC, "rose.requests", *anybody
    rules = [
        AclBinding(*rose, AclOperation.ALL, AclPermissionType.ALLOW),
        AclBinding(*rose, AclOperation.READ, AclPermissionType.DENY),
    ]
    admin = AdminClient({"bootstrap.servers": stack.servers})
    for added in admin.create_acls(rules).values():
        added.result(SECONDS)
    with following(stack.settings) as followed:
        write_flow(stack.servers, 1, range(20))
        followed.await_ledger(lambda row: row.predictions == 20, "20 predictions of the other model")

        def is_named() -> bool:
            return "rose.requests cannot be read" in followed.latest.snapshot.reading

        wait_until(is_named, "the topic to be named", SECONDS)
        removal = AclBindingFilter(*rose, AclOperation.READ, AclPermissionType.ANY)
        for removed in admin.delete_acls([removal]).values():
            removed.result(SECONDS)
        wait_until(lambda: followed.latest.snapshot.reading == "following", "everything to be read", SECONDS)
