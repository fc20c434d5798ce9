"""Turns the record of a structured-mode CloudEvent into the value and headers that it has in binary mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

import json
from collections.abc import Sequence

from petalstream import cloudevents
from petalstream.cloudevents import InvalidEvent
from petalstream.messages import Headers

# Attributes whose headers have no prefix; a header of the record itself is the newer one.
PLAIN = ("traceparent", "tracestate", "expected")


def is_structured(content_type: bytes) -> bool:
    """Return whether the header `content-type` says that the value is an event, in any format."""
    return content_type[: len(cloudevents.MEDIA_TYPE)].lower() == cloudevents.MEDIA_TYPE.encode()


def to_binary(
    content_type: bytes, value: bytes, headers: Sequence[tuple[str, bytes | None]]
) -> tuple[bytes, Sequence[tuple[str, bytes | None]]]:
    """Return the event's data as JSON, and its attributes as headers, with those of the record that are no attributes.

    The headers have no more bytes than those of the record and `value`. Raises InvalidEvent, ValueError (no JSON),
    RecursionError.
    """
    media_type = content_type.decode(errors="replace").partition(";")[0].strip().lower()
    if media_type != cloudevents.EVENT:
        message = (
            f"content-type {media_type[:60]} cannot be read; on Kafka an event is {cloudevents.EVENT}, one a record"
        )
        raise InvalidEvent(message)
    event = cloudevents.read_event(json.loads(value.decode("utf-8-sig")))
    own = [(name, held) for name, held in headers if not name.startswith("ce_") and held is not None]
    names = {name for name, _ in own}
    attributes: Headers = [
        (_header(name), _text(held)) for name, held in event.attributes.items() if _header(name) not in names
    ]
    return json.dumps(event.data).encode(), [*own, *attributes]


def _header(attribute: str) -> str:
    # A lone surrogate could not be written.
    return attribute if attribute in PLAIN else "ce_" + attribute.encode(errors="replace").decode()


def _text(held: str | bool | int) -> bytes:
    text = str(held).lower() if isinstance(held, bool) else str(held)
    return text.encode(errors="replace")
