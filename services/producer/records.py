"""Turns the test sets of bundles into the request messages to send."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

from petalstream.bundle import Bundle
from petalstream.messages import Message, write_request


def request_messages(bundles: Sequence[Bundle], loop: bool) -> Iterator[Message]:
    """One request for each held-out sample, of each bundle in turn; with `loop` each begins again by itself."""
    for samples in zip_longest(*(_again_and_again(bundle) if loop else bundle.test_set() for bundle in bundles)):
        for bundle, sample in zip(bundles, samples, strict=True):
            if sample is not None:
                sample_id, features, label = sample
                model, now = bundle.manifest.model, datetime.now(UTC)
                yield write_request(model, sample_id, features, label, str(uuid.uuid4()), now)


def _again_and_again(bundle: Bundle) -> Iterator[tuple[str, dict[str, object], str]]:
    # Read anew each time, and not kept: a test set may be large.
    while True:
        yield from bundle.test_set()
