"""The values that a setting can have, where a number, a path or any text is too general."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Self

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


class Memory(str):
    """An amount of memory as Compose writes it: 512m, 1g, or bytes."""

    FORM = re.compile(r"([0-9]{1,15})([kmg]?)b?")
    UNITS: ClassVar[Mapping[str, int]] = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}

    def __new__(cls, text: str) -> Self:
        """Return the amount. Raises ValueError."""
        if not cls.FORM.fullmatch(text.lower()):
            raise ValueError(text)
        return super().__new__(cls, text.lower())

    @property
    def bytes(self) -> int:
        """The amount in bytes."""
        number, unit = self.FORM.fullmatch(self).groups()  # type: ignore[union-attr]
        return int(number) * self.UNITS[unit]


class Parts(str):
    """Parts of the api, with commas between: pages, health and metrics, or `none` of them."""

    NAMES = ("pages", "health", "metrics")

    def __new__(cls, text: str) -> Self:
        """The parts that `text` lists. Raises ValueError."""
        if text != "none" and not set(text.split(",")) <= set(cls.NAMES):
            raise ValueError(text)
        return super().__new__(cls, text)


class Names(str):
    """Names of one form with commas between, in small letters; `*` alone means any, and nothing none."""

    FORM: ClassVar[re.Pattern[str]]

    def __new__(cls, text: str) -> Self:
        """Return the list without blanks. Raises ValueError."""
        names = [name.strip().lower() for name in text.split(",")] if text else []
        if names != ["*"] and not all(map(cls._is_valid, names)):
            raise ValueError(text)
        return super().__new__(cls, ",".join(names))

    @property
    def names(self) -> list[str]:
        """Return the single names."""
        return self.split(",") if self else []

    @classmethod
    def _is_valid(cls, name: str) -> bool:
        return cls.FORM.fullmatch(name) is not None


class Hosts(Names):
    """Names of hosts, each without a port."""

    FORM = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


class Origins(Names):
    """Origins of web pages as browsers send them, such as https://example.com:8443."""

    FORM = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
    DEFAULT_PORTS: ClassVar[Mapping[str, str]] = {"http": "80", "https": "443"}

    @classmethod
    def _is_valid(cls, name: str) -> bool:
        """Return whether a browser can send it: no default port, no port above 65535, no wrong address in brackets."""
        if not (match := cls.FORM.fullmatch(name)):
            return False
        scheme, host, port = match.groups(default="")
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        return port != cls.DEFAULT_PORTS[scheme] and int(port or 0) < 2**16


class Prefix(str):
    """A path below which the api is reached, such as /petal; empty: none."""

    FORM = re.compile(r"(/[A-Za-z0-9._~-]+)+")

    def __new__(cls, text: str) -> Self:
        """Return the path without a slash at its end. Raises ValueError."""
        path = text.rstrip("/")
        if path and not cls.FORM.fullmatch(path):
            raise ValueError(text)
        return super().__new__(cls, path)


class Proxies(str):
    """Addresses and networks of proxies, with commas between; `*` means any."""

    networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] | None

    def __new__(cls, text: str) -> Self:
        """Return the list with its `networks`, None for any. Raises ValueError."""
        made = super().__new__(cls, text)
        listed = [part.strip() for part in text.split(",")] if text else []
        made.networks = None if "*" in listed else [ipaddress.ip_network(part) for part in listed]
        return made


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
