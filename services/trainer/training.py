"""Trains one model, from its CSV to its published bundle."""

import logging
import sys
from collections.abc import Mapping

from petalstream.model.bundle import ONNX, REPORT, Bundle
from petalstream.settings import Settings
from services.trainer import report
from services.trainer.conversion.comparison import ConvertedModel, convert_and_compare
from services.trainer.data import csv_reader
from services.trainer.data.split import split
from services.trainer.definition import Definition
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitted_publication import publish_fitted
from services.trainer.fitting.cross_validation import cross_validate, format_cross_validation
from services.trainer.fitting.grid_search import search
from services.trainer.models import load_definition
from services.trainer.publishing.bundle_writer import publish
from services.trainer.publishing.description import Trained, describe
from services.trainer.publishing.memory_report import describe_memory
from services.trainer.publishing.trial import measure_memory
from services.trainer.tasks import task_of

log = logging.getLogger(__name__)


def train(settings: Settings, name: str) -> Bundle:
    """Train and publish the model that models/<name>.py defines. Raises what `train_definition` raises."""
    return train_definition(settings, name, load_definition(name))


def train_definition(settings: Settings, name: str, model: Definition) -> Bundle:
    """Train `model` and publish it under `name`. Prints the metrics.

    Raises DataError, DefinitionError, FittedError, TooInaccurate, CannotBeServed or OSError; then nothing is published.
    """
    if model.fitted:
        return publish_fitted(settings, name, model, model.fitted)
    path, seed = settings.data_dir / model.file.path, settings.train_seed
    content = csv_reader.read(path)
    model, samples = csv_reader.parse(content, path, model)
    task = task_of(model)
    parts = split(samples, task.strata(samples), seed)
    if samples.left_out:
        print(f"{name}: {samples.left_out} rows without {model.target_column} are left out", flush=True)
    sizes = [len(part) for part in (parts.training, parts.validation, parts.test)]
    log.info("%s: %d training, %d validation and %d test samples from %s", name, *sizes, path)

    estimator, parameters, scores = search(model, parts.training, seed)
    check_choices(estimator, parts.test, model)
    metrics = task.compute_metrics(estimator, parts)
    chosen = ", ".join(f"{key}={value}" for key, value in parameters.items()) or "nothing: its grid is empty"
    print(f"{name}: chosen {chosen}\n{task.format_metrics(metrics)}", flush=True)
    task.require_quality(metrics, max(settings.min_validation_accuracy, model.least_accuracy))
    metrics["cross_validation"] = cross_validate(estimator, samples, model, seed)
    print(format_cross_validation(metrics["cross_validation"], model), flush=True)
    trained = Trained(name, model, content, samples, parts, seed, estimator, parameters)
    converted = convert_and_compare(name, estimator, samples, model, task.tolerance(parts), seed)
    log.info("%s: drawing the report", name)
    files = _files(report.draw(estimator, parts, model, scores), converted)
    manifest = describe(trained, metrics, converted.facts if converted else None)
    published = publish(
        settings.models_dir, manifest, estimator, parts.test, files, settings.model_versions, measure_memory
    )
    for sentence in describe_memory(published.manifest, settings):
        print(f"trainer: {name}: {sentence}", file=sys.stderr, flush=True)
    return published


def _files(figures: Mapping[str, bytes], converted: ConvertedModel | None) -> dict[str, bytes]:
    """Return the report and the ONNX model, if there is one, by their paths in the bundle."""
    files = {f"{REPORT}/{name}": content for name, content in figures.items()}
    return files | ({ONNX: converted.content} if converted else {})
