"""`python -m services.trainer.checking MODEL`: check a definition and its data; exit code 1 if it cannot be trained."""

import argparse
import logging
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.model_selection import ParameterGrid

from petalstream import settings
from petalstream.settings import Settings
from services.trainer.conditions.deciding import decide
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.data.prepared import Prepared
from services.trainer.definition import Definition, DefinitionError
from services.trainer.evaluation import findings
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitted.errors import FittedError
from services.trainer.fitting.seeding import seeded
from services.trainer.models import load_definition, model_names
from services.trainer.preparation import divide
from services.trainer.publishing.bundle_writer import publish
from services.trainer.publishing.description import Trained, describe
from services.trainer.publishing.trial import CannotBeServed, measure_memory
from services.trainer.tasks import task_of
from services.trainer.training import train_definition

# So many rows are enough to see whether an estimator can be fitted, saved and opened.
ROWS = 1_000


def main() -> int:
    """Check the model and print what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="check", description="Check the definition and the data of a model.")
    parser.add_argument("model", choices=model_names(), metavar="MODEL", help=f"one of {', '.join(model_names())}")
    name = parser.parse_args().model
    configured = settings.load_or_exit("trainer")
    logging.disable()
    try:
        definition = load_definition(name)
        path = configured.data_dir / definition.file.path
        content = csv_reader.read(path)
        definition, samples = csv_reader.parse(content, path, definition)
        print(f"{name}: {len(samples):,} rows of {len(definition.inputs)} inputs can be read")
        print(f"{name}: {findings.describe_targets(samples, definition)}")
        if samples.left_out:
            print(f"{name}: note: {samples.left_out} rows without {definition.target_column} are left out")
        for sentence in findings.find_all(samples, definition, configured.train_seed):
            print(f"{name}: note: {sentence}")
        if definition.fitted:
            return _evaluate(configured, name, definition)
        taken = _try(configured, name, definition, content, samples)
    except (DataError, FittedError, DefinitionError, CannotBeServed, OSError) as error:
        print(f"check: {name}: {error}", file=sys.stderr)
        return 1
    print(
        f"{name}: fitted on {min(len(samples), ROWS):,} rows, and opened as the api does, in {taken / 2**20:,.0f} MiB"
    )
    return 0


def _evaluate(settings: Settings, name: str, definition: Definition) -> int:
    """Evaluate a model that was fitted elsewhere, and return 0. Raises what says why it cannot be served."""
    with TemporaryDirectory() as folder:
        published = train_definition(replace(settings, models_dir=Path(folder)), name, definition)
    print(f"{name}: opened as the api does, in {published.manifest.memory['api_bytes'] / 2**20:,.0f} MiB")
    return 0


def _try(settings: Settings, name: str, definition: Definition, content: bytes, samples: Dataset) -> int:
    """Fit the first candidate on some rows, open it as the api does, and return the bytes that this takes.

    Raises DefinitionError and CannotBeServed.
    """
    task, seed = task_of(definition), settings.train_seed
    divide(samples, definition, seed)
    some = samples.part(np.random.default_rng(seed).permutation(len(samples))[:ROWS])
    parts = divide(some, definition, seed)
    parameters = next(iter(ParameterGrid(dict(definition.grid))))
    estimator = seeded(definition.estimator, seed).set_params(**parameters)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(parts.training.frame, parts.training.targets)
            metrics = task.validate(estimator, parts) | task.compute_metrics(estimator, parts)
    except Exception as error:  # the estimator is the user's
        raise DefinitionError(f"the estimator cannot be fitted: {error}") from error
    check_choices(estimator, parts.test, definition)
    # Only whether they can be decided: another estimator is published, fitted on more rows.
    decide(definition, settings.min_validation_accuracy, estimator, parts.training, parts.validation, seed)
    trained = Trained(Prepared(name, definition, content, some, parts, seed), estimator, parameters, [])
    with TemporaryDirectory() as folder:
        manifest = describe(trained, metrics, None)
        return publish(Path(folder), manifest, estimator, parts.test, {}, 1, measure_memory).manifest.memory[
            "api_bytes"
        ]


if __name__ == "__main__":
    sys.exit(main())
