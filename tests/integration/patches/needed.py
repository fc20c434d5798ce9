"""Compares a client that lacks one patch with the patched one: a patch that changes nothing is to be removed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
from kafka import KafkaAdminClient

from petalstream.broker.interfaces import Left

SECONDS = 30


@contextmanager
def without(module: ModuleType, patch: str) -> Iterator[None]:
    """Create clients without one patch of a module."""
    with pytest.MonkeyPatch.context() as context:
        context.setattr(module, patch, lambda client, *_: client)
        yield


def assert_needed(patch: str, has_defect: bool) -> None:
    """Fail if the client works without a patch."""
    assert has_defect, f"the client no longer needs {patch}: remove it"


def create(servers: str, topic: str, partitions: int = 1, **config: str) -> None:
    """Create a topic."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        configs = {name.replace("_", "."): value for name, value in config.items()}
        admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True)
    finally:
        admin.close()


def within(seconds: float) -> Left:
    """Return what says how much of some seconds is left."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())
