"""Reads the settings, and is the only module that reads the environment."""

import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from petalstream.all_settings import Settings
from petalstream.service_settings import SETTINGS_OF
from petalstream.setting_types import (
    ConsumerPrint,
    Delivery,
    GroupName,
    KafkaClient,
    LogLevel,
    LostOffsets,
    ModelNames,
    Parts,
    Servers,
)
from petalstream.setting_values import SettingError, parse

__all__ = [
    "ConsumerPrint",
    "Delivery",
    "GroupName",
    "KafkaClient",
    "LogLevel",
    "LostOffsets",
    "ModelNames",
    "Parts",
    "Servers",
    "SettingError",
    "Settings",
    "has_desktop",
    "inherited",
    "limit_native_threads",
    "load",
    "load_or_exit",
    "share_folder",
    "shared_folder",
    "variable",
]

# The metrics library asks for it under this name.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return name.upper()


def load(environ: Mapping[str, str] = os.environ, names: Collection[str] | None = None) -> Settings:
    """Settings from the environment; an unset or empty variable means the default. Raises SettingError.

    Only the settings `names` are read, if it is given; the others have their defaults.
    """
    kinds = get_type_hints(Settings)
    given: dict[str, Any] = {}
    for setting in fields(Settings):
        text = environ.get(variable(setting.name), "").strip()
        if text and (names is None or setting.name in names):
            given[setting.name] = parse(variable(setting.name), text, kinds[setting.name], setting.metadata)
    return Settings(**given)


def load_or_exit(service: str) -> Settings:
    """The settings of a service (see SETTINGS_OF); on one that cannot be, a line on standard error and exit code 1."""
    try:
        return load(os.environ, SETTINGS_OF[service])
    except SettingError as error:
        raise SystemExit(f"{service}: {error}") from None


def shared_folder() -> Path | None:
    """The folder that the worker processes of one server share, where there is one; what was written there lives on."""
    found = os.environ.get(_SHARED)
    return Path(found) if found else None


def share_folder(path: Path) -> None:
    """Give the folder to the worker processes that this process forks from now on."""
    os.environ[_SHARED] = str(path)


def limit_native_threads() -> None:
    """Have native libraries that are loaded later compute in one thread, unless their own variables say more."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def has_desktop() -> bool:
    """Return whether this process belongs to a desktop: on macOS always, elsewhere if a display is named."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def inherited(**overrides: object) -> dict[str, str]:
    """This process's environment for a child process, with some settings given anew."""
    return {**os.environ, **{variable(name): str(value) for name, value in overrides.items()}}
