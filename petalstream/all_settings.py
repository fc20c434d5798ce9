"""All settings, with the default, the meaning and the bounds of each."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from petalstream.public_url import PublicUrl
from petalstream.setting_types import (
    ConsumerPrint,
    Delivery,
    GroupName,
    Hosts,
    KafkaClient,
    LogLevel,
    LostOffsets,
    Memory,
    ModelNames,
    Origins,
    Parts,
    Prefix,
    Proxies,
    Servers,
)


def _setting(default: Any, meaning: str, least: float | None = None, most: float | None = None) -> Any:
    """A field of Settings: its default, the line that README says of it, and its bounds."""
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """One attribute a setting; the environment variable of the same name in capitals overrides it."""

    kafka_bootstrap_servers: Servers = _setting(
        Servers("localhost:9092"), "brokers to start from, `host:port` with commas between"
    )
    kafka_client: KafkaClient = _setting(
        KafkaClient.KAFKA_PYTHON, "kafka-python, or confluent: what consumer and producer talk to Kafka with"
    )
    topic_partitions: int = _setting(6, "partitions of a topic that is created; so many consumers can share it", 1)
    models_dir: Path = _setting(Path(".cache/models"), "folder of the bundles; in the stack a volume")
    data_dir: Path = _setting(Path("data"), "folder of the CSV files that the trainer reads")
    train_seed: int = _setting(42, "seed of the split and of the search", 0, 2**32 - 1)
    min_validation_accuracy: float = _setting(
        0.0, "accuracy that any model of labels must show on the validation part; its file may ask for more", 0, 1
    )
    trainer_mem_limit: Memory = _setting(Memory("1g"), "memory of the trainer's container, such as 512m or 2g")
    model_versions: int = _setting(5, "versions of each model that are kept; the served one always is", 1)
    default_model: str = _setting("iris", "the model that `POST /predict` means")
    api_host: str = _setting("127.0.0.1", "address the api listens on")
    api_port: int = _setting(5000, "port of the api on localhost", 1, 65535)
    api_workers: int = _setting(2, "gunicorn worker processes", 1)
    api_mem_limit: Memory = _setting(Memory("1g"), "memory of the api's container; the trainer says if it is short")
    api_threads: int = _setting(4, "threads of each worker that predict; one model gets half of them", 1)
    api_queue: int = _setting(
        16, "requests that wait in each worker for a thread; any more, and a model's beyond half, are answered 503", 0
    )
    api_max_body_bytes: int = _setting(
        1024 * 1024, "a larger request body, as sent or decompressed, is answered 413", 1
    )
    api_access_log: bool = _setting(False, "a line of JSON on standard output for each request")
    api_keys: str = _setting(
        "", "file of API keys, one a line; a request must bring one of them; empty: no key is asked for"
    )
    api_open: Parts = _setting(
        Parts("health,metrics"), "what asks for no key all the same: pages, health, metrics, or none"
    )
    api_cors_origins: Origins = _setting(
        Origins(""), "origins whose scripts a browser lets read the api's answers, with commas between; empty: none"
    )
    api_trusted_hosts: Hosts = _setting(
        Hosts("localhost,api"), "names by which clients may address the api, beside addresses; `*`: any"
    )
    script_name: Prefix = _setting(
        Prefix(""), "path below which a proxy serves the api without removing it, such as /petal; empty: none"
    )
    forwarded_allow_ips: Proxies = _setting(
        Proxies("127.0.0.1,::1"), "addresses of proxies whose X-Forwarded headers the api believes; `*`: any"
    )
    api_url: str = _setting("http://localhost:5000", "where the consumer finds the api")
    api_timeout: float = _setting(5.0, "seconds the consumer waits for a response of the api", 0.1, 3600)
    producer_interval: float = _setting(1.0, "seconds between two records", 0)
    producer_loop: bool = _setting(True, "begin the test set again when it ends, or stop there")
    consumer_group: GroupName = _setting(GroupName("petalstream"), "consumer group, under which offsets are committed")
    consumer_models: ModelNames = _setting(
        ModelNames(""), "models whose requests are consumed, with commas between; empty: all that the api has"
    )
    consumer_instance_id: str = _setting(
        "", "keeps a restarted consumer its partitions; each needs its own; empty: the host's name"
    )
    delivery: Delivery = _setting(Delivery.AT_LEAST_ONCE, "at-least-once, or exactly-once in Kafka's transactions")
    record_max_bytes: int = _setting(262144, "a larger record (key, value and headers) is a dead letter", 1, 1000000)
    consumer_batch_records: int = _setting(750, "most records of one poll, and so of one request to the api", 1)
    consumer_batch_bytes: int = _setting(524288, "most bytes of one request to the api, unless one record has more", 1)
    consumer_give_up_seconds: float = _setting(
        0.0, "records that the api has not answered for so long are dead letters; 0: never, they wait", 0
    )
    consumer_dead_letter_share: float = _setting(
        0.5, "a lane pauses when more than this share of its last 1,000 outcomes are dead letters; 0: never", 0, 1
    )
    consumer_dead_letters_in_a_row: int = _setting(
        1000, "a lane pauses after so many dead letters in a row; 0: never", 0
    )
    consumer_probe_seconds: float = _setting(
        30.0, "a paused lane tries a record, and so long after a bad one the next", 0.1
    )
    consumer_lost_offsets: LostOffsets = _setting(
        LostOffsets.CONTINUE,
        "continue after records that were deleted before they were scored, or stop reading their topic",
    )
    dead_letter_replays: int = _setting(
        5, "a record that was replayed so often is not replayed again, but with --again; 0: no limit", 0
    )
    consumer_print: ConsumerPrint = _setting(
        ConsumerPrint.FEATURES, "what the consumer prints of each record: features, label alone, or none"
    )
    consumer_health_host: str = _setting("127.0.0.1", "address of the consumer's health and metrics")
    consumer_health_port: int = _setting(
        9464, "port on which the consumer answers `/health`, `/ready` and `/metrics`; 0: none", 0, 65535
    )
    dashboard_host: str = _setting("127.0.0.1", "address the live page listens on")
    dashboard_port: int = _setting(5001, "port of the live page on localhost", 1, 65535)
    dashboard_trusted_hosts: Hosts = _setting(
        Hosts("localhost,dashboard"), "names by which browsers may address the live page, beside addresses; `*`: any"
    )
    dashboard_public_url: PublicUrl = _setting(
        PublicUrl(""), "where a browser finds the live page, for the link on the api's start page; empty: no link"
    )
    api_public_url: PublicUrl = _setting(
        PublicUrl(""), "where a browser finds the api, for the links of the live page; empty: no links"
    )
    zookeeper_server: str = _setting("", "`host:port` of ZooKeeper, whose state the live page shows; empty: none")
    history_dir: str = _setting(
        "", "folder in which the api notes what it loads, unloads and refuses; empty: MODELS_DIR"
    )
    kafka_port: int = _setting(9092, "port of the broker on localhost", 1, 65535)
    log_level: LogLevel = _setting(LogLevel("INFO"), "DEBUG, INFO, WARNING or ERROR")
