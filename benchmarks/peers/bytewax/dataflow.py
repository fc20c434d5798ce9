"""A Bytewax dataflow with the model in it, which scores up to 500 records at once; its settings are variables.

It knows no consumer group: Bytewax keeps the offsets in a store of its own, where it is given one.
"""

import json
import os

import bytewax.operators as op
import joblib
import numpy as np
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow

BATCH = 500

model = joblib.load(os.environ["MODEL"])
labels = model.classes_.tolist()
brokers = [os.environ["BOOTSTRAP"]]


def score(records: list[KafkaSourceMessage[bytes, bytes]]) -> list[KafkaSinkMessage[bytes, bytes]]:
    """An answer for each record, from one call of the model."""
    flowers = [json.loads(record.value) for record in records]
    table = model.predict_proba(
        np.array(
            [[row["sepal_length"], row["sepal_width"], row["petal_length"], row["petal_width"]] for row in flowers]
        )
    )
    return [
        KafkaSinkMessage(record.key, json.dumps(answer(flower, best, probabilities)).encode())
        for record, flower, best, probabilities in zip(
            records, flowers, table.argmax(axis=1).tolist(), table.tolist(), strict=True
        )
    ]


def answer(flower: dict[str, float], best: int, probabilities: list[float]) -> dict[str, object]:
    """The value of one result."""
    return {
        "label": labels[best],
        "probabilities": dict(zip(labels, probabilities, strict=True)),
        "features": flower,
    }


flow = Dataflow("iris")
source = kop.input("requests", flow, brokers=brokers, topics=[os.environ["REQUESTS"]], batch_size=BATCH)
# An error of the broker ends the dataflow, as in Bytewax's own examples.
op.inspect("errors", source.errs).then(op.raises, "end on an error")
answers = op.flat_map_batch("score", source.oks, score)
kop.output("predictions", answers, brokers=brokers, topic=os.environ["PREDICTIONS"])
