"""Turns the test sets of bundles into the request messages to send."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from petalstream.bundle import Bundle
from petalstream.messages import Message, write_request


def request_messages(bundles: Sequence[Bundle], loop: bool) -> Iterator[Message]:
    """One request for each held-out sample, bundle after bundle, read line by line; with `loop` without end."""
    while True:
        for bundle in bundles:
            for sample_id, features, label in bundle.test_set():
                yield write_request(
                    bundle.manifest.model, sample_id, features, label, str(uuid.uuid4()), datetime.now(UTC)
                )
        if not loop:
            return
