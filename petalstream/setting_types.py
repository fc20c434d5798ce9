"""The values that a setting can have, where a number, a path or any text is too general."""

import re
from enum import StrEnum
from typing import Self

from petalstream.messages import MODEL_NAME


class LogLevel(str):
    """One of logging's levels, by name."""

    NAMES = ("DEBUG", "INFO", "WARNING", "ERROR")

    def __new__(cls, text: str) -> Self:
        """The level that `text` names. Raises ValueError."""
        if text.upper() not in cls.NAMES:
            raise ValueError(text)
        return super().__new__(cls, text.upper())


class Servers(str):
    """Brokers to start from: `host:port`, or a host alone, with commas between."""

    FORM = re.compile(r"(\[[^\]\s]+\]|[^:,\s]+)(:\d{1,5})?")

    def __new__(cls, text: str) -> Self:
        """The brokers that `text` lists. Raises ValueError."""
        if not all(map(cls.FORM.fullmatch, text.split(","))):
            raise ValueError(text)
        return super().__new__(cls, text)


class GroupName(str):
    """The name of a consumer group that can begin a topic's name, which Kafka restricts."""

    FORM = re.compile(r"[A-Za-z0-9._-]{1,200}")

    def __new__(cls, text: str) -> Self:
        """Return the name. Raises ValueError."""
        if not cls.FORM.fullmatch(text):
            raise ValueError(text)
        return super().__new__(cls, text)


class ModelNames(str):
    """Names of models, with commas between; empty: none."""

    def __new__(cls, text: str) -> Self:
        """Return the list. Raises ValueError."""
        names = [name.strip() for name in text.split(",")] if text else []
        if not all(map(MODEL_NAME.fullmatch, names)):
            raise ValueError(text)
        return super().__new__(cls, ",".join(names))

    @property
    def names(self) -> list[str]:
        """The single names."""
        return self.split(",") if self else []


class Parts(str):
    """Parts of the api, with commas between: pages, health and metrics, or `none` of them."""

    NAMES = ("pages", "health", "metrics")

    def __new__(cls, text: str) -> Self:
        """The parts that `text` lists. Raises ValueError."""
        if text != "none" and not set(text.split(",")) <= set(cls.NAMES):
            raise ValueError(text)
        return super().__new__(cls, text)


class Origins(str):
    """Origins of web pages, such as https://example.com:8443, with commas between; `*` means all; empty: none."""

    FORM = re.compile(
        r"https?://([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(:\d{1,5})?"
    )

    def __new__(cls, text: str) -> Self:
        """Return the list, in small letters as browsers send origins. Raises ValueError."""
        origins = [origin.strip().lower() for origin in text.split(",")] if text else []
        if origins != ["*"] and not all(map(cls.FORM.fullmatch, origins)):
            raise ValueError(text)
        return super().__new__(cls, ",".join(origins))

    @property
    def names(self) -> list[str]:
        """The single origins."""
        return self.split(",") if self else []


class Hosts(str):
    """Names of hosts, with commas between, each without a port; `*` means any."""

    FORM = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")

    def __new__(cls, text: str) -> Self:
        """Return the list in small letters. Raises ValueError."""
        names = [name.strip().lower() for name in text.split(",")] if text else []
        if names != ["*"] and not all(map(cls.FORM.fullmatch, names)):
            raise ValueError(text)
        return super().__new__(cls, ",".join(names))

    @property
    def names(self) -> list[str]:
        """The single names."""
        return self.split(",") if self else []


class Delivery(StrEnum):
    """What the consumer promises of a record that is read: written at least once, or exactly once."""

    AT_LEAST_ONCE = "at-least-once"
    EXACTLY_ONCE = "exactly-once"


class LostOffsets(StrEnum):
    """What the consumer does where the records that it should read next were deleted."""

    CONTINUE = "continue"
    STOP = "stop"


class KafkaClient(StrEnum):
    """The package that consumer and producer talk to Kafka with."""

    KAFKA_PYTHON = "kafka-python"
    CONFLUENT = "confluent"


class ConsumerPrint(StrEnum):
    """What the consumer prints of each record: a line with its features, a line without them, or no line."""

    FEATURES = "features"
    LABEL = "label"
    NONE = "none"
