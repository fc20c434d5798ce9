"""Makes a group forget a consumer that comes back with another subscription."""

from collections.abc import Collection

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove
from kafka.errors import CoordinatorNotAvailableError


def forget_old_subscription(
    bootstrap_servers: str, group: str, instance_id: str, topics: Collection[str], bootstrap_seconds: float
) -> None:
    """Remove the member `instance_id` from the group if it has subscribed to other topics than these.

    A consumer that is back within its session gets its old partitions without a rebalance (KIP-345), and so would read
    no topic that is new in its subscription. Raises KafkaError.
    """
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap_servers.split(","), bootstrap_timeout_ms=int(bootstrap_seconds * 1000)
    )
    try:
        members = admin.describe_groups([group])[group]["members"]
        for member in members:
            # It has no metadata while the group rebalances, in which its new subscription counts anyway.
            old = member["member_metadata"]
            if member["group_instance_id"] == instance_id and old and set(old["topics"]) != set(topics):
                admin.remove_group_members(group, [MemberToRemove(group_instance_id=instance_id)])
    except CoordinatorNotAvailableError:
        pass  # no group has ever been in this cluster
    finally:
        admin.close()
