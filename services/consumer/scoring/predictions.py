"""Writes prediction records."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from petalstream.messages import (
    CONTENT_TYPE,
    SPECVERSION,
    Message,
    ReceivedRecord,
    coordinates,
    outcome_partition,
    predictions_topic,
)
from services.consumer.scoring.records import Request

_TYPE, _SOURCE = ("ce_type", b"petalstream.prediction"), ("ce_source", b"/petalstream/consumer")


class Stamp(NamedTuple):
    """What the predictions of a batch have in common: the value of `ce_time`, and the id of the request topic."""

    time: bytes
    topic_id: str = ""


def write_prediction(request: Request, prediction: Mapping[str, Any], stamp: Stamp) -> Message:
    """Return the record of the api's prediction for `request`.

    Its event id is the coordinates of the request and the id of its topic: a prediction that is written twice is a
    visible duplicate, and one of a topic that was created again is none.
    """
    record = request.record
    headers = [
        SPECVERSION,
        ("ce_id", _event_id(record, stamp.topic_id)),
        _TYPE,
        _SOURCE,
        ("ce_time", stamp.time),
        CONTENT_TYPE,
        *request.headers,
        ("source_topic", record.topic.encode()),
        ("source_partition", b"%d" % record.partition),
        ("source_offset", b"%d" % record.offset),
        ("source_timestamp", b"%d" % record.timestamp),
    ]
    value = {
        "model": prediction["model"],
        "version": prediction["version"],
        "prediction": _result(prediction),
        "features": request.features,
        "warnings": prediction["warnings"],
    }
    if "unused" in prediction:  # by a model that does not use each feature
        value["unused"] = prediction["unused"]
    content, partition = _to_json(value, request.needs_json), outcome_partition(record, record.key)
    return Message(predictions_topic(request.model), record.key, content, headers, partition)


def _result(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is predicted: a label, or a number as `value`."""
    if "label" not in prediction:
        number = {"value": prediction["prediction"], "unit": prediction["unit"]}
        return number | ({"interval": prediction["interval"]} if "interval" in prediction else {})
    result = {"label": prediction["label"], "probabilities": prediction["probabilities"]}
    # A model that is a vote has votes, another a threshold.
    return result | {name: prediction[name] for name in ("votes", "threshold") if name in prediction}


def _event_id(record: ReceivedRecord, topic_id: str) -> bytes:
    return f"{coordinates(record)}/{topic_id}".encode() if topic_id else coordinates(record).encode()


def _to_json(value: Mapping[str, Any], needs_json: bool) -> bytes:
    if not needs_json:  # orjson would write null for NaN
        try:
            # A copy: the bytes of orjson occupy a kilobyte of memory, however short they are.
            return b"%b" % orjson.dumps(value)
        except TypeError:  # a lone surrogate in the response
            pass
    return json.dumps(value, allow_nan=False).encode()
