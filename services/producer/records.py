"""Turns the samples of test sets into the request messages to send."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import zip_longest

from petalstream.messages import Message, write_request
from services.producer.samples import Sample


def request_messages(samples: Mapping[str, Iterator[Sample]]) -> Iterator[Message]:
    """One request for each sample, of each model in turn, so that none waits for another one's end."""
    for turn in zip_longest(*samples.values()):
        for model, sample in zip(samples, turn, strict=True):
            if sample is not None:
                sample_id, features, label = sample
                now = datetime.now(UTC)
                yield write_request(model, sample_id, features, label, str(uuid.uuid4()), now)
