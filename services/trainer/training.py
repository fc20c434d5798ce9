"""Trains one model, from its CSV to its published bundle."""

import logging
import sys
from collections.abc import Mapping

from sklearn.base import clone

from petalstream.model.bundle import ONNX, PARTS, REPORT, Bundle
from petalstream.settings import Settings
from services.trainer import report
from services.trainer.candidate import Candidate
from services.trainer.conditions.deciding import decide
from services.trainer.conditions.decisions import require_passed
from services.trainer.conditions.served_comparison import compare_with_served
from services.trainer.conversion.comparison import ConvertedModel, convert_and_compare
from services.trainer.data.known_parts import parts_file
from services.trainer.data.prepared import Prepared
from services.trainer.data.split import Parts
from services.trainer.definition import Definition
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitted_evaluation import evaluate_fitted
from services.trainer.fitting.cross_validation import cross_validate, format_cross_validation
from services.trainer.fitting.grid_search import search
from services.trainer.fitting.seeding import seed_everything
from services.trainer.models import load_definition
from services.trainer.preparation import prepare
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
    """Train `model`, or evaluate one that was fitted elsewhere, and publish it under `name`. Prints the metrics.

    Raises DataError, DefinitionError, FittedError, Refused, CannotBeServed or OSError; then nothing is published.
    """
    prepared = prepare(settings, name, model)
    for finding in prepared.findings:
        print(f"{name}: note: {finding}", flush=True)
    found = evaluate_fitted(settings, prepared, model.fitted) if model.fitted else _fit(settings, prepared)
    return _publish(settings, found)


def _fit(settings: Settings, prepared: Prepared) -> Candidate:
    """Search the parameters on the training part, check the model, and fit it on all rows that are free for it."""
    name, model, parts, seed = prepared.name, prepared.definition, prepared.parts, prepared.seed
    task = task_of(model)
    seed_everything(seed)
    searched, parameters, scores = search(model, parts.training, seed)
    check_choices(searched, parts.test, model)
    chosen = ", ".join(f"{key}={value}" for key, value in parameters.items()) or "nothing: its grid is empty"
    print(f"{name}: chosen {chosen}", flush=True)
    decisions = decide(model, settings.min_validation_accuracy, searched, parts.training, parts.validation, seed)
    require_passed(name, decisions)
    fitted_on = task.fitted_on(parts)
    served = clone(searched).fit(fitted_on.frame, fitted_on.targets)
    metrics = task.validate(searched, parts) | task.compute_metrics(served, parts)
    print(task.format_metrics(metrics), flush=True)
    compared = compare_with_served(settings.models_dir, name, model, served, parts.test)
    require_passed(name, compared)
    crossed = cross_validate(served, prepared.samples, model, seed, len(fitted_on))
    print(format_cross_validation(crossed, model), flush=True)
    metrics |= {"cross_validation": crossed} if crossed else {}
    return Candidate(Trained(prepared, served, parameters, [*decisions, *compared]), metrics, scores)


def _publish(settings: Settings, found: Candidate) -> Bundle:
    prepared, estimator = found.trained.prepared, found.trained.estimator
    name, model, parts = prepared.name, prepared.definition, prepared.parts
    tolerance = task_of(model).tolerance(parts)
    converted = found.graph or convert_and_compare(name, estimator, prepared.samples, model, tolerance, prepared.seed)
    log.info("%s: drawing the report", name)
    files = _files(report.draw(estimator, parts, model, found.scores), parts, converted)
    manifest = describe(found.trained, found.metrics, converted.facts if converted else None)
    kept = None if found.graph else estimator
    published = publish(settings.models_dir, manifest, kept, parts.test, files, settings.model_versions, measure_memory)
    for sentence in describe_memory(published.manifest, settings):
        print(f"trainer: {name}: {sentence}", file=sys.stderr, flush=True)
    return published


def _files(figures: Mapping[str, bytes], parts: Parts, converted: ConvertedModel | None) -> dict[str, bytes]:
    """Return the report, the parts and the ONNX model, if there is one, by their paths in the bundle."""
    files = {f"{REPORT}/{name}": content for name, content in figures.items()}
    return files | {PARTS: parts_file(parts.keys())} | ({ONNX: converted.content} if converted else {})
