"""Evaluates a model that was fitted elsewhere on its CSV, and publishes it."""

import logging
import sys

from petalstream.model.bundle import ONNX, REPORT, Bundle, sha256
from petalstream.settings import Settings
from services.trainer import report
from services.trainer.conversion.comparison import ConvertedModel, convert_and_compare
from services.trainer.data import csv_reader
from services.trainer.definition import Definition, Fitted
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitted.files import read_fitted
from services.trainer.fitted.opening import OpenedModel, open_fitted, other_versions
from services.trainer.fitted.parts import unseen_parts
from services.trainer.publishing.bundle_writer import publish
from services.trainer.publishing.description import Trained, describe
from services.trainer.publishing.memory_report import describe_memory
from services.trainer.publishing.trial import measure_memory
from services.trainer.tasks import task_of

log = logging.getLogger(__name__)


def publish_fitted(settings: Settings, name: str, model: Definition, fitted: Fitted) -> Bundle:
    """Evaluate the model that `model` names as `fitted` on all rows of the CSV, and publish it. Prints the metrics.

    Raises FittedError and what training raises; then nothing is published.
    """
    path, seed = settings.data_dir / model.file.path, settings.train_seed
    content, model_file = csv_reader.read(path), read_fitted(settings.data_dir, model)
    model, samples = csv_reader.parse(content, path, model)
    opened = open_fitted(fitted, model_file, model, samples.frame)
    estimator, task, parts = opened.estimator, task_of(model), unseen_parts(samples, model, seed)
    print(f"{name}: fitted elsewhere, so that all {len(samples):,} rows of {path.name} are new to it", flush=True)
    for difference in other_versions(opened.made_with):
        print(f"{name}: {fitted.path} was made with {difference}", flush=True)

    check_choices(estimator, parts.test, model)
    metrics = task.compute_metrics(estimator, parts)
    # The validation part is no part of its own here.
    lines = task.format_metrics(metrics).splitlines()
    print("\n".join(line for line in lines if not line.startswith("validation")), flush=True)
    task.require_quality(metrics, max(settings.min_validation_accuracy, model.least_accuracy))
    converted = _graph(opened) or convert_and_compare(name, estimator, samples, model, task.tolerance(parts), seed)
    log.info("%s: drawing the report", name)
    facts = {
        "file": fitted.path,
        "sha256": sha256(model_file),
        "is_graph": opened.graph is not None,
        "made_with": dict(opened.made_with),
        "differences": other_versions(opened.made_with),
    }
    trained = Trained(name, model, content, samples, parts, seed, estimator, {}, model_file, facts)
    manifest = describe(trained, metrics, converted.facts if converted else None)
    files = {f"{REPORT}/{each}": drawn for each, drawn in report.draw(estimator, parts, model, ()).items()}
    published = publish(
        settings.models_dir,
        manifest,
        None if opened.graph else estimator,
        parts.test,
        files | ({ONNX: converted.content} if converted else {}),
        settings.model_versions,
        measure_memory,
    )
    for sentence in describe_memory(published.manifest, settings):
        print(f"trainer: {name}: {sentence}", file=sys.stderr, flush=True)
    return published


def _graph(opened: OpenedModel) -> ConvertedModel | None:
    """Return the graph that was imported, which was compared with no estimator; None if it is no graph."""
    return ConvertedModel(opened.graph, {"opset": opened.opset, "rows_compared": 0}) if opened.graph else None
