"""Sends rows to the stream of a model, and waits for what comes back."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click
import requests

from petalstream import broker
from petalstream.broker import TopicReader
from petalstream.dead_letters import DeadLetter
from petalstream.features import Feature, feature_from_dict
from petalstream.keys import authorization
from petalstream.messages import ReceivedRecord, dead_letters_topic, predictions_topic, write_request
from petalstream.printable import printable
from petalstream.settings import Settings
from petalstream.tables.csv_lines import CsvError
from petalstream.tables.csv_table import read_table
from services.consumer.output.predicted import describe
from services.consumer.output.text import describe_row

# Those whose problem says what is wrong with the model or the key.
DESCRIBED_STATUSES = (401, 404, 503)
MAX_LINE = 2_000
API_SECONDS, DELIVERY_SECONDS, PAUSE_SECONDS = 10, 10, 0.1
Row = dict[str, object]


@dataclass(frozen=True)
class Sent:
    """A row on its way, and when it was sent, in milliseconds since 1970."""

    row: Row
    milliseconds: float


def find_features(configured: Settings, model: str) -> list[Feature]:
    """Return the features of a served model, as the api describes them. Raises click.ClickException."""
    url, headers = f"{configured.api_url}/models/{model}", authorization(configured.api_keys)
    try:
        response = requests.get(url, headers={**headers, "Accept": "application/json"}, timeout=API_SECONDS)
        if response.status_code in DESCRIBED_STATUSES:
            raise click.ClickException(response.json()["detail"])
        response.raise_for_status()
        return [feature_from_dict(each) for each in response.json()["features"]]
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"the api did not describe {model}: {error}") from error


def row_of_values(features: Sequence[Feature], values: Sequence[str]) -> Row:
    """Return the row with these values in the features' order. Raises click.UsageError for another number of values."""
    if len(values) != len(features):
        names = " ".join(feature.name for feature in features)
        raise click.UsageError(f"{len(features)} values are needed, {names}, not {len(values)}")
    return {
        feature.name: feature.parse(value) for feature, value in zip(features, values, strict=True) if value.strip()
    }


def rows_of_csv(features: Sequence[Feature], text: str) -> list[Row]:
    """Return the rows of a CSV; columns that are no features are left out. Raises click.ClickException."""
    known = {feature.name: feature for feature in features}
    try:
        table = read_table(text, known)
    except CsvError as error:
        raise click.ClickException(f"line {error.line} of the CSV: {error}") from error
    for line, message in table.uneven:
        raise click.ClickException(f"line {line} of the CSV: {message}")
    if not known.keys() & set(table.columns):
        raise click.ClickException(f"the CSV has no column of a feature: {', '.join(known)}")
    named = (dict(zip(table.columns, cells, strict=True)) for _, cells in table.lines)
    return [
        {name: known[name].parse(cell) for name, cell in cells.items() if name in known and cell.strip()}
        for cells in named
    ]


def ask(configured: Settings, model: str, rows: Sequence[Row], seconds: float) -> Iterator[str]:
    """Send the rows, and yield a line for each prediction and each dead letter that comes back, with its latency.

    Topics that are missing are created, as the producer does.
    Raises KafkaError, and click.ClickException if some have not come back after `seconds`.
    """
    broker.create_topics(configured.kafka_bootstrap_servers, model, configured.topic_partitions)
    topics = {predictions_topic(model): format_prediction, dead_letters_topic(model): format_dead_letter}
    with closing(TopicReader(configured.kafka_bootstrap_servers)) as reader:
        begins = {topic: reader.ends(topic) for topic in topics}
        waiting = _send(configured, model, rows)
        until = time.monotonic() + seconds
        while waiting and time.monotonic() < until:
            for topic, write_line in topics.items():
                for record in reader.read(topic, begins[topic]):
                    begins[topic][record.partition] = record.offset + 1
                    if sent := waiting.pop(record.key or b"", None):
                        yield write_line(record, sent)
            time.sleep(PAUSE_SECONDS if waiting else 0)
    if waiting:
        raise click.ClickException(
            f"{len(waiting)} of {len(rows)} records have not come back after {seconds:g} s; is the consumer running?"
        )


def _send(configured: Settings, model: str, rows: Sequence[Row]) -> dict[bytes, Sent]:
    """Send the rows, and return them by key. Raises KafkaError."""
    refused, waiting = list[BaseException](), dict[bytes, Sent]()
    sender = broker.client(configured.kafka_client).sender(configured.kafka_bootstrap_servers, DELIVERY_SECONDS)
    try:
        for row in rows:
            key = str(uuid.uuid4())
            waiting[key.encode()] = Sent(row, time.time() * 1000)
            sender.send(write_request(model, key, row, None, key, datetime.now(UTC)), refused.append)
        unknown = sender.flush(DELIVERY_SECONDS)
    finally:
        sender.close(1)
    if unknown or refused:
        raise click.ClickException(f"the broker did not take every record: {[*refused, 'no answer'][0]}")
    return waiting


def format_prediction(record: ReceivedRecord, sent: Sent) -> str:
    """Return a line for the prediction of a row."""
    found: Mapping[str, Any] = json.loads(record.value or b"{}")
    result = dict(found["prediction"])
    if "value" in result:
        result["prediction"] = result.pop("value")
    return _line(f"{describe(result)}  ({found['model']} version {found['version']}, ", record, sent)


def format_dead_letter(record: ReceivedRecord, sent: Sent) -> str:
    """Return a line for the dead letter of a row."""
    letter = DeadLetter.read(record)
    return _line(f"dead letter, {letter.reason}: {letter.message}  (", record, sent)


def _line(outcome: str, record: ReceivedRecord, sent: Sent) -> str:
    milliseconds = record.timestamp - sent.milliseconds
    return printable(f"{describe_row(sent.row)}  ->  {outcome}{milliseconds:.0f} ms)", MAX_LINE)
