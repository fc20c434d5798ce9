"""Evaluates a model that was fitted elsewhere on its CSV."""

from dataclasses import replace

from petalstream.model.bundle import sha256
from petalstream.settings import Settings
from services.trainer.candidate import Candidate
from services.trainer.conditions.deciding import decide
from services.trainer.conditions.decisions import require_passed
from services.trainer.conditions.served_comparison import compare_with_served
from services.trainer.conversion.comparison import ConvertedModel
from services.trainer.data.prepared import Prepared
from services.trainer.definition import Fitted
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitted.files import read_fitted
from services.trainer.fitted.opening import OpenedModel, open_fitted, other_versions
from services.trainer.publishing.description import Trained
from services.trainer.tasks import task_of


def evaluate_fitted(settings: Settings, prepared: Prepared, fitted: Fitted) -> Candidate:
    """Return the model that is `fitted`, with its metrics on rows of which it was fitted on none. Prints them.

    Raises FittedError, DefinitionError and Refused.
    """
    name, model, samples, parts = prepared.name, prepared.definition, prepared.samples, prepared.parts
    prepared = replace(prepared, model_file=read_fitted(settings.data_dir, model))
    opened = open_fitted(fitted, prepared.model_file, model, samples.frame)
    estimator, task = opened.estimator, task_of(model)
    print(f"{name}: fitted elsewhere, so that all {len(samples):,} rows of {model.file.path} are new to it", flush=True)
    differences = other_versions(opened.made_with)
    for difference in differences:
        print(f"{name}: {fitted.path} was made with {difference}", flush=True)
    check_choices(estimator, parts.test, model)
    metrics = task.compute_metrics(estimator, parts)
    print(task.format_metrics(metrics), flush=True)
    decisions = decide(model, settings.min_validation_accuracy, estimator, samples, samples, prepared.seed)
    decisions += compare_with_served(settings.models_dir, name, model, estimator, parts.test)
    require_passed(name, decisions)
    facts = {
        "file": fitted.path,
        "sha256": sha256(prepared.model_file),
        "is_graph": opened.graph is not None,
        "made_with": dict(opened.made_with),
        "differences": differences,
    }
    return Candidate(Trained(prepared, estimator, {}, decisions, facts), metrics, graph=_graph(opened))


def _graph(opened: OpenedModel) -> ConvertedModel | None:
    """Return the graph that was imported, which was compared with no estimator; None if it is no graph."""
    return ConvertedModel(opened.graph, {"opset": opened.opset, "rows_compared": 0}) if opened.graph else None
