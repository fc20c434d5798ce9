"""Reads the text of a setting as a value of its type, within its bounds."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from petalstream.public_url import PublicUrl
from petalstream.service_settings import service_link
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


class SettingError(ValueError):
    """An environment variable holds something that its setting cannot be."""

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(f"{name} must be {expected}, not {found!r}{service_link(name, found)}")


def parse(name: str, text: str, kind: type, bounds: Mapping[str, Any]) -> object:
    """Return the value of the environment variable `name` as a `kind` within `bounds`. Raises SettingError."""
    expected, read = _KINDS[kind]
    least, most = bounds["least"], bounds["most"]
    expected += f" from {least} to {most}" if most is not None else f" of at least {least}" if least is not None else ""
    try:
        value = read(text)
    except (ValueError, KeyError):
        raise SettingError(name, expected, text) from None
    # Written so that NaN, which compares false with everything, is refused too.
    if (least is not None and not value >= least) or (most is not None and not value <= most):
        raise SettingError(name, expected, text)
    return value


_KINDS: dict[type, tuple[str, Callable[[str], Any]]] = {
    str: ("a text", str),
    Servers: ("host:port, with commas between", Servers),
    Origins: (
        "* or origins such as https://example.com:8443, without path and default port, with commas between",
        Origins,
    ),
    PublicUrl: ("a URL such as https://example.com/live", PublicUrl),
    Prefix: ("a path such as /petal", Prefix),
    Proxies: ("* or addresses, with commas between", Proxies),
    Hosts: ("* or names of hosts without ports, with commas between", Hosts),
    ModelNames: ("names of models, with commas between", ModelNames),
    GroupName: ("up to 200 letters, digits, dots, underscores and hyphens", GroupName),
    Delivery: (" or ".join(Delivery), lambda text: Delivery(text.lower())),
    ConsumerPrint: ("features, label or none", lambda text: ConsumerPrint(text.lower())),
    KafkaClient: (" or ".join(KafkaClient), lambda text: KafkaClient(text.lower())),
    LostOffsets: (" or ".join(LostOffsets), lambda text: LostOffsets(text.lower())),
    LogLevel: (", ".join(LogLevel.NAMES[:-1]) + f" or {LogLevel.NAMES[-1]}", LogLevel),
    Parts: (" or ".join([", ".join(Parts.NAMES), "none"]), Parts),
    Memory: ("an amount of memory such as 512m or 2g", Memory),
    Path: ("a path", Path),
    int: ("a whole number", int),
    float: ("a number", float),
    bool: ("true or false", lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()]),
}
