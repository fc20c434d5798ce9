"""Reads the folder of a model as mlflow writes it: MLmodel, the file of the model, requirements.txt.

https://mlflow.org/docs/latest/ml/model/ describes the layout.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from petalstream.files import read_below
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.files import MOST_BYTES

ML_MODEL, REQUIREMENTS = "MLmodel", "requirements.txt"
MOST_TEXT = 2**20
# Of each flavor that can be imported, the entry that names the file.
FLAVORS = {"onnx": "data", "sklearn": "pickled_model"}
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!-]+)")
# What decides how a model predicts.
_LIBRARIES = ("scikit-learn", "onnx", "skl2onnx", "lightgbm", "xgboost")


@dataclass(frozen=True)
class MlflowModel:
    """The file of the model in its folder, its content, and the versions that it was made with."""

    file: str
    content: bytes
    is_onnx: bool
    made_with: Mapping[str, str]


def read(folder: Path) -> MlflowModel:
    """Return the model in a folder. Raises FittedError; links in the folder are not followed."""
    if not (folder / ML_MODEL).exists():
        raise FittedError(f"{folder} is a folder without {ML_MODEL}, and so no model of mlflow")
    flavors = _flavors(folder)
    flavor = next((each for each in FLAVORS if each in flavors), None)
    if flavor is None:
        listed = ", ".join(map(str, list(flavors)[:10]))
        raise FittedError(f"{folder / ML_MODEL} has the flavors {listed}; onnx or sklearn is expected")
    entries = flavors[flavor]
    file = entries.get(FLAVORS[flavor]) if isinstance(entries, dict) else None
    if not isinstance(file, str) or not file:
        raise FittedError(f"{folder / ML_MODEL}: {flavor} must name a file as {FLAVORS[flavor]}, not {file!r}"[:300])
    content = _read_below(folder, file, MOST_BYTES)
    if not content:
        raise FittedError(f"{folder / file} is empty")
    return MlflowModel(file, content, flavor == "onnx", dict(_versions(folder, entries)))


def _flavors(folder: Path) -> dict[Any, Any]:
    text = _read_below(folder, ML_MODEL, MOST_TEXT)
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(getattr(error, "problem", None) or error).splitlines()[0][:200]
        raise FittedError(f"{folder / ML_MODEL} cannot be read: {reason}") from error
    flavors = found.get("flavors") if isinstance(found, dict) else None
    if not isinstance(flavors, dict):
        raise FittedError(f"{folder / ML_MODEL} has no flavors, and so is none that mlflow has written")
    return flavors


def _versions(folder: Path, entries: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the libraries that the requirements pin, and the version of scikit-learn that MLmodel names."""
    if (folder / REQUIREMENTS).exists():
        text = _read_below(folder, REQUIREMENTS, MOST_TEXT).decode("utf-8", "replace")
        yield from ((name, version) for name, version in _PIN.findall(text) if name in _LIBRARIES)
    if isinstance(version := entries.get("sklearn_version"), str) and _PIN.fullmatch(f"scikit-learn=={version}"):
        yield "scikit-learn", version


def _read_below(folder: Path, name: str, most: int) -> bytes:
    """Return the content of a regular file in the folder, through no link. Raises FittedError."""
    try:
        with suppress(FileNotFoundError):
            if (folder / name).lstat().st_size > most:
                raise FittedError(f"{folder / name} has more than {most:,} bytes")
        return read_below(folder, name)
    except (OSError, ValueError) as error:
        raise FittedError(f"{folder / name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
