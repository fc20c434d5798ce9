"""A FastStream application with the model in it, which scores up to 500 records at once.

`app.py BOOTSTRAP GROUP REQUESTS PREDICTIONS MODEL`
"""

import asyncio
import sys

import joblib
import numpy as np
from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaPublishMessage
from pydantic import BaseModel

bootstrap, group, requests_topic, predictions_topic, model_path = sys.argv[1:]
# On aiokafka, which took less time than confluent-kafka. Its own bound on a batch, 16 KiB, is too low for 500 answers.
broker = KafkaBroker(bootstrap, max_batch_size=1 << 20)
model = joblib.load(model_path)
labels = model.classes_.tolist()


class Flower(BaseModel):
    """One row to score, in centimetres."""

    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Answer(BaseModel):
    """The value of one result."""

    label: str
    probabilities: dict[str, float]
    features: Flower


@broker.subscriber(requests_topic, group_id=group, auto_offset_reset="earliest", batch=True, max_records=500)
async def score(flowers: list[Flower], message: KafkaMessage) -> None:
    """Score a batch with one call of the model, and publish an answer for each record under its key."""
    rows = [[row.sepal_length, row.sepal_width, row.petal_length, row.petal_width] for row in flowers]
    table = model.predict_proba(np.array(rows))
    answers = [
        Answer(label=labels[best], probabilities=dict(zip(labels, probabilities, strict=True)), features=flower)
        for flower, best, probabilities in zip(flowers, table.argmax(axis=1).tolist(), table.tolist(), strict=True)
    ]
    keyed = [
        KafkaPublishMessage(answer, key=record.key) for answer, record in zip(answers, message.raw_message, strict=True)
    ]
    await broker.publish_batch(*keyed, topic=predictions_topic)


asyncio.run(FastStream(broker).run())
