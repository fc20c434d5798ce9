"""Opens and asks the model by the definition that is about to be written, before anything is written."""

import importlib.util
from pathlib import Path
from tempfile import TemporaryDirectory

from services.trainer.data import csv_reader
from services.trainer.definition import Definition
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitted.opening import open_fitted
from services.trainer.importing.acceptance import Accepted


def rehearse(text: str, csv: Path, accepted: Accepted) -> None:
    """Raise FittedError, DataError, DefinitionError, or what the model raises, if it cannot predict rows of the CSV."""
    with TemporaryDirectory() as folder:
        definition = _load(text, Path(folder) / "rehearsed.py")
    definition, samples = csv_reader.parse(csv_reader.read(csv), csv, definition)
    opened = open_fitted(accepted.fitted, accepted.content, definition, samples.frame)
    check_choices(opened.estimator, samples, definition)


def _load(text: str, path: Path) -> Definition:
    """Return the definition in a text that was written here, by way of the file `path`."""
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None  # noqa: S101 - of a .py file there is one
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Definition = module.MODEL
    return found
