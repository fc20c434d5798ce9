"""Trains one model, from its CSV to its published bundle."""

import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from petalstream.model import own_code
from petalstream.model.bundle import ONNX, REPORT, Bundle, sha256
from petalstream.model.inference import gives_probabilities, voters, weighted
from petalstream.model.manifest import Manifest
from petalstream.settings import Settings
from services.trainer import report
from services.trainer.conversion.comparison import ConvertedModel, convert_and_compare
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import split
from services.trainer.definition import Definition
from services.trainer.evaluation.choices import check_choices
from services.trainer.evaluation.golden_rows import predict_golden_rows
from services.trainer.evaluation.metrics import compute_metrics, format_metrics
from services.trainer.evaluation.threshold import find_threshold
from services.trainer.evaluation.training_distributions import compute_distributions
from services.trainer.fitting.cross_validation import cross_validate, format_cross_validation
from services.trainer.fitting.grid_search import search
from services.trainer.models import load_definition
from services.trainer.publishing.bundle_writer import publish
from services.trainer.publishing.fingerprint import compute_fingerprint, library_versions
from services.trainer.publishing.memory_report import describe_memory
from services.trainer.publishing.trial import measure_memory

log = logging.getLogger(__name__)


class TooInaccurate(Exception):
    """A model whose validation accuracy is below the one that its definition or the settings ask for."""

    def __init__(self, accuracy: float, least: float) -> None:
        super().__init__(f"validation accuracy {accuracy:.3f} is below {least:g}; nothing was published")


def train(settings: Settings, name: str) -> Bundle:
    """Train and publish the model that models/<name>.py defines. Raises what `train_definition` raises."""
    return train_definition(settings, name, load_definition(name))


def train_definition(settings: Settings, name: str, model: Definition) -> Bundle:
    """Train `model` and publish it under `name`. Prints the metrics.

    Raises DataError, DefinitionError, TooInaccurate, CannotBeServed or OSError; then nothing is published.
    """
    path, seed = settings.data_dir / model.file.path, settings.train_seed
    content = csv_reader.read(path)
    model, samples = csv_reader.parse(content, path, model)
    parts = split(samples, seed)
    sizes = [len(part) for part in (parts.training, parts.validation, parts.test)]
    log.info("%s: %d training, %d validation and %d test samples from %s", name, *sizes, path)

    estimator, parameters, scores = search(model, parts.training, seed)
    check_choices(estimator, parts.test, model)
    metrics = compute_metrics(estimator, parts, model)
    chosen = ", ".join(f"{key}={value}" for key, value in parameters.items()) or "nothing: its grid is empty"
    print(f"{name}: chosen {chosen}\n{format_metrics(metrics)}", flush=True)
    _check_accuracy(metrics["validation_accuracy"], max(settings.min_validation_accuracy, model.least_accuracy))
    metrics["cross_validation"] = cross_validate(estimator, samples, model, seed)
    print(format_cross_validation(metrics["cross_validation"]), flush=True)
    converted = convert_and_compare(name, estimator, samples, model, seed)
    log.info("%s: drawing the report", name)
    files = _files(report.draw(estimator, parts, model, scores), converted)
    manifest = Manifest(
        **_definition_fields(name, model),
        **_estimator_fields(estimator, model),
        **_origin_fields(name, content, seed, model),
        data=_provenance(model, content, samples),
        parameters=parameters,
        metrics=metrics,
        training=compute_distributions(parts.training, model),
        golden=tuple(predict_golden_rows(estimator, parts.test, model)),
        onnx=converted.facts if converted else None,
        # These are filled in as it is published.
        version="",
        memory={},
        files={},
    )
    published = publish(
        settings.models_dir, manifest, estimator, parts.test, files, settings.model_versions, measure_memory
    )
    for sentence in describe_memory(published.manifest, settings):
        print(f"trainer: {name}: {sentence}", file=sys.stderr, flush=True)
    return published


def _check_accuracy(accuracy: float, least: float) -> None:
    if accuracy < least:
        raise TooInaccurate(accuracy, least)


def _files(figures: Mapping[str, bytes], converted: ConvertedModel | None) -> dict[str, bytes]:
    """Return the report and the ONNX model, if there is one, by their paths in the bundle."""
    files = {f"{REPORT}/{name}": content for name, content in figures.items()}
    return files | ({ONNX: converted.content} if converted else {})


def _definition_fields(name: str, model: Definition) -> dict[str, Any]:
    """Return what the manifest has from the definition, with defaults for a title and a sentence that it lacks."""
    return {
        "model": name,
        "title": model.title or name.replace("_", " ").capitalize(),
        "predicts": model.predicts
        or f"{model.target.column.replace('_', ' ').capitalize()}: {_join(list(model.target.words.values()), 'or')}",
        "sample": model.sample,
        "notes": tuple(model.notes),
        "features": model.columns,
        "target": model.target.column,
    }


def _origin_fields(name: str, content: bytes, seed: int, model: Definition) -> dict[str, Any]:
    """Return what the manifest has of when the model was trained, and from what."""
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fingerprint": compute_fingerprint(name, content, seed, model),
        "libraries": library_versions(),
        "code": own_code.digests(model.code),
        "requirements": tuple(map("==".join, own_code.installed_versions(model.requirements).items())),
    }


def _estimator_fields(estimator: Any, model: Definition) -> dict[str, Any]:
    names = voters(estimator)
    return {
        "labels": model.labels,
        "voters": tuple(names),
        "probability": _probability([name.replace("_", " ") for name in names], estimator),
        "threshold": find_threshold(estimator, model.labels),
    }


def _probability(names: list[str], estimator: Any) -> str:
    """Return in words what a probability of the model is, "" if it gives none; `names` are those of its voters."""
    if not names:
        return "probability given by the estimator" if gives_probabilities(estimator) else ""
    return f"share of the votes of {_join(names, 'and')}{', which have weights' if weighted(estimator) else ''}"


def _join(words: list[str], last: str) -> str:
    """Return a list of words as in a sentence, with `last` before the last one."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _provenance(model: Definition, content: bytes, samples: Dataset) -> dict[str, Any]:
    source = asdict(model.source) if model.source else {}
    return {"csv": model.file.path, "sha256": sha256(content), "rows": len(samples), **source}
