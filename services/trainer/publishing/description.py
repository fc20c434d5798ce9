"""Makes the manifest of what was trained."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from petalstream.model import own_code
from petalstream.model.bundle import sha256
from petalstream.model.manifest import Manifest
from services.trainer.conditions.decisions import Decision
from services.trainer.data.prepared import Prepared
from services.trainer.definition import Definition
from services.trainer.evaluation.golden_rows import predict_golden_rows
from services.trainer.evaluation.training_distributions import compute_distributions
from services.trainer.publishing.fingerprint import compute_fingerprint, library_versions
from services.trainer.tasks import task_of


@dataclass(frozen=True)
class Trained:
    """A fitted estimator with its `parameters`, what it was made of, and the conditions of publication that it met.

    `fitted` is what the manifest says of a model that was fitted elsewhere.
    """

    prepared: Prepared
    estimator: Any
    parameters: Mapping[str, Any]
    decisions: Sequence[Decision]
    fitted: Mapping[str, Any] = field(default_factory=dict)


def describe(trained: Trained, metrics: Mapping[str, Any], onnx: Mapping[str, Any] | None) -> Manifest:
    """Return the manifest without version, memory and files, which publishing fills in.

    `onnx` has the facts of the comparison with a graph, if there is one.
    """
    prepared = trained.prepared
    model, parts = prepared.definition, prepared.parts
    return Manifest(
        **_definition_fields(prepared.name, model),
        notes=(*model.notes, *_notes_on_fitted(trained)),
        **task_of(model).manifest_fields(trained.estimator, parts),
        **_origin_fields(prepared),
        data=_provenance(prepared),
        findings=prepared.findings,
        parameters=trained.parameters,
        metrics=metrics,
        conditions=tuple(map(asdict, trained.decisions)),
        training=compute_distributions(task_of(model).fitted_on(parts), model),
        golden=tuple(predict_golden_rows(trained.estimator, parts.test_first(), model)),
        onnx=onnx,
        version="",
        memory={},
        files={},
        fitted=trained.fitted,
    )


def _notes_on_fitted(trained: Trained) -> Iterator[str]:
    """Yield what users should know of a model that was fitted elsewhere."""
    if not trained.fitted:
        return
    prepared, parts = trained.prepared, trained.prepared.parts
    tested = (
        "all of them test it"
        if prepared.definition.labels
        else f"{len(parts.validation)} of them calibrate the intervals, and {len(parts.test)} test it"
    )
    yield (
        f"This model was fitted elsewhere. The {len(prepared.samples):,} rows of {prepared.definition.file.path} are"
        f" taken as unseen: {tested}. Nobody here can tell whether it was fitted on some of them. Distributions and"
        " ranges are those of these rows."
    )
    if trained.fitted["differences"]:
        yield f"It was made with {', '.join(trained.fitted['differences'])}."


def _definition_fields(name: str, model: Definition) -> dict[str, Any]:
    """Return what the manifest has from the definition, with defaults for a title and a sentence that it lacks."""
    return {
        "model": name,
        "title": model.title or name.replace("_", " ").capitalize(),
        "predicts": model.predicts or task_of(model).sentence(),
        "sample": model.sample,
        "card": asdict(model.card),
        "features": model.columns,
        "target": model.target_column,
    }


def _origin_fields(prepared: Prepared) -> dict[str, Any]:
    """Return what the manifest has of when the model was trained, and from what."""
    model, content = prepared.definition, prepared.content + prepared.model_file
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fingerprint": compute_fingerprint(prepared.name, content, prepared.seed, model),
        "libraries": library_versions(),
        "code": own_code.digests(model.code),
        "requirements": tuple(map("==".join, own_code.installed_versions(model.requirements).items())),
    }


def _provenance(prepared: Prepared) -> dict[str, Any]:
    model, parts = prepared.definition, prepared.parts
    source = asdict(model.source) if model.source else {}
    return {
        "csv": model.file.path,
        "sha256": sha256(prepared.content),
        "rows": len(prepared.samples),
        "parts": {name: len(keys) for name, keys in parts.keys().items()},
        "fitted_on": 0 if parts.are_unseen else len(task_of(model).fitted_on(parts)),
        **source,
    }
