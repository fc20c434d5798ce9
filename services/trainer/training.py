"""From a model's CSV to its published bundle."""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from petalstream import bundle
from petalstream.bundle import ONNX, REPORT, Bundle, BundleError, Manifest, sha256
from petalstream.inference import voters, weighted
from petalstream.settings import Settings
from services.trainer import report
from services.trainer.conversion import comparison
from services.trainer.conversion.comparison import Converted
from services.trainer.data import csv_reader
from services.trainer.data.csv_reader import DataError
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import split
from services.trainer.definition import Definition, DefinitionError
from services.trainer.evaluation.choices import check_choices
from services.trainer.evaluation.golden_rows import predict_golden_rows
from services.trainer.evaluation.metrics import compute_metrics, format_metrics
from services.trainer.evaluation.training_distributions import compute_distributions
from services.trainer.fitting.cross_validation import cross_validate, format_cross_validation
from services.trainer.fitting.grid_search import search
from services.trainer.models import load_definition
from services.trainer.publishing import bundle_writer
from services.trainer.publishing.fingerprint import fingerprint, libraries
from services.trainer.publishing.versions import locked

log = logging.getLogger(__name__)


class TooInaccurate(Exception):
    """A model that did not reach the accuracy that publication asks for."""

    def __init__(self, accuracy: float, floor: float) -> None:
        super().__init__(f"validation accuracy {accuracy:.3f} is below {floor:g}; nothing was published")


def servable(settings: Settings, name: str) -> Bundle | None:
    """The served bundle, where it is intact and an api with the libraries that are here can open it."""
    try:
        served = bundle.current(settings.models_dir, name)
        served.verify_servable()
    except BundleError:
        return None
    return served


def up_to_date(settings: Settings, name: str) -> Bundle | None:
    """The bundle whose data, code, seed and library versions are today's: the newest, or the served one.

    None where there is no such bundle, and where none can be served. Somebody has rolled back where the newest is not
    the served one. Raises TimeoutError.
    """
    home = settings.models_dir / name
    try:
        data = csv_reader.read(settings.data_dir / load_definition(name).csv)
    except (DataError, DefinitionError):
        return None
    if not home.is_dir():
        return None
    with locked(home):
        if not (served := servable(settings, name)):
            return None
        newest = _newest(settings, name)
    today = fingerprint(name, data, settings.train_seed)
    return next((found for found in (newest, served) if found and found.manifest.fingerprint == today), None)


def _newest(settings: Settings, name: str) -> Bundle | None:
    try:
        return Bundle.at(settings.models_dir / name / bundle.versions(settings.models_dir, name)[-1])
    except BundleError:
        return None


def train(settings: Settings, name: str) -> Bundle:
    """Train the model that models/<name>.py defines and publish it. Raises what `train_definition` raises."""
    return train_definition(settings, name, load_definition(name))


def train_definition(settings: Settings, name: str, model: Definition) -> Bundle:
    """Train `model` and publish it under `name`.

    Raises DataError, DefinitionError, TooInaccurate or OSError, and then nothing is published.
    """
    path = settings.data_dir / model.csv
    content = csv_reader.read(path)
    samples = csv_reader.parse(content, path, model)
    parts = split(samples, settings.train_seed)
    sizes = [len(part.labels) for part in (parts.training, parts.validation, parts.test)]
    log.info("%s: %d training, %d validation and %d test samples from %s", name, *sizes, path)

    estimator, parameters, tables = search(model, parts.training, settings.train_seed)
    check_choices(estimator, parts.test, model)
    metrics = compute_metrics(estimator, parts, model)
    chosen = ", ".join(f"{key}={value}" for key, value in parameters.items())
    print(f"{name}: chosen {chosen}\n{format_metrics(metrics)}", flush=True)
    _gate(metrics["validation_accuracy"], max(settings.min_validation_accuracy, model.least_accuracy))
    metrics["cross_validation"] = cross_validate(estimator, samples, model, settings.train_seed)
    print(format_cross_validation(metrics["cross_validation"]), flush=True)
    converted = comparison.converted(name, estimator, samples, model, settings.train_seed)
    log.info("%s: drawing the report", name)
    manifest = Manifest(
        model=name,
        version="",
        trained_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        fingerprint=fingerprint(name, content, settings.train_seed),
        **_words(name, model),
        data=_provenance(model, content, samples),
        features=tuple(model.features),
        target=model.target,
        labels=tuple(str(label) for label in estimator.classes_),
        probability=_probability(estimator),
        voters=tuple(voters(estimator)),
        parameters=parameters,
        metrics=metrics,
        training=compute_distributions(parts.training, model),
        golden=tuple(predict_golden_rows(estimator, parts.test, model)),
        libraries=libraries(),
        onnx=converted.facts if converted else None,
        files={},
    )
    files = _files(report.draw(estimator, parts, model, tables), converted)
    return bundle_writer.publish(settings.models_dir, manifest, estimator, parts.test, files, settings.model_versions)


def _files(drawn: Mapping[str, bytes], converted: Converted | None) -> dict[str, bytes]:
    """What is published beside the model, by its path in the bundle."""
    files = {f"{REPORT}/{name}": content for name, content in drawn.items()}
    return files | ({ONNX: converted.content} if converted else {})


def _gate(accuracy: float, floor: float) -> None:
    if accuracy < floor:
        raise TooInaccurate(accuracy, floor)


def _words(name: str, model: Definition) -> dict[str, Any]:
    """What people read of the model; where its file says nothing, what can be said of any."""
    return {
        "title": model.title or name.replace("_", " ").capitalize(),
        "predicts": model.predicts or f"{model.target}: one of {', '.join(model.words.values())}",
        "sample": model.sample,
        "notes": tuple(model.notes),
    }


def _provenance(model: Definition, content: bytes, samples: Dataset) -> dict[str, Any]:
    source = asdict(model.source) if model.source else {}
    return {"csv": model.csv, "sha256": sha256(content), "rows": len(samples.labels), **source}


def _probability(estimator: Any) -> str:
    names = [name.replace("_", " ") for name in voters(estimator)]
    if not names:
        return "probability given by the estimator"
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"share of the votes of {listed}{', which have weights' if weighted(estimator) else ''}"
