"""A consumer as tutorials write it: `consume.py BOOTSTRAP GROUP REQUESTS PREDICTIONS API_URL`, a request a record."""

import json
import sys

import requests
from kafka import KafkaConsumer, KafkaProducer

bootstrap, group, requests_topic, predictions_topic, api_url = sys.argv[1:]
consumer = KafkaConsumer(
    requests_topic,
    bootstrap_servers=bootstrap,
    group_id=group,
    auto_offset_reset="earliest",
    value_deserializer=lambda value: json.loads(value.decode()),
)
producer = KafkaProducer(bootstrap_servers=bootstrap, value_serializer=lambda value: json.dumps(value).encode())
for message in consumer:
    # The tutorials give no time limit; ruff has a right to ask for one.
    response = requests.post(f"{api_url}/models/iris/predict", json=message.value, timeout=10)
    producer.send(predictions_topic, key=message.key, value=response.json())
