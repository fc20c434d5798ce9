"""Makes the manifest of what was trained."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
    """A fitted estimator with its `parameters`, what it was made of, and the conditions of publication that it met."""

    prepared: Prepared
    estimator: Any
    parameters: Mapping[str, Any]
    decisions: Sequence[Decision]


def describe(trained: Trained, metrics: Mapping[str, Any], onnx: Mapping[str, Any] | None) -> Manifest:
    """Return the manifest without version, memory and files, which publishing fills in.

    `onnx` has the facts of the comparison with a graph, if there is one.
    """
    prepared = trained.prepared
    model, parts = prepared.definition, prepared.parts
    # Those of the test part come first: what no sample of it has, one of the others may.
    samples = parts.test.joined(parts.validation).joined(parts.training)
    return Manifest(
        **_definition_fields(prepared.name, model),
        **task_of(model).manifest_fields(trained.estimator, parts),
        **_origin_fields(prepared),
        data=_provenance(prepared),
        findings=prepared.findings,
        parameters=trained.parameters,
        metrics=metrics,
        conditions=tuple(map(asdict, trained.decisions)),
        training=compute_distributions(task_of(model).fitted_on(parts), model),
        golden=tuple(predict_golden_rows(trained.estimator, samples, model)),
        onnx=onnx,
        version="",
        memory={},
        files={},
    )


def _definition_fields(name: str, model: Definition) -> dict[str, Any]:
    """Return what the manifest has from the definition, with defaults for a title and a sentence that it lacks."""
    return {
        "model": name,
        "title": model.title or name.replace("_", " ").capitalize(),
        "predicts": model.predicts or task_of(model).sentence(),
        "sample": model.sample,
        "notes": tuple(model.notes),
        "card": asdict(model.card),
        "features": model.columns,
        "target": model.target_column,
    }


def _origin_fields(prepared: Prepared) -> dict[str, Any]:
    """Return what the manifest has of when the model was trained, and from what."""
    model = prepared.definition
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fingerprint": compute_fingerprint(prepared.name, prepared.content, prepared.seed, model),
        "libraries": library_versions(),
        "code": own_code.digests(model.code),
        "requirements": tuple(map("==".join, own_code.installed_versions(model.requirements).items())),
    }


def _provenance(prepared: Prepared) -> dict[str, Any]:
    model = prepared.definition
    source = asdict(model.source) if model.source else {}
    return {
        "csv": model.file.path,
        "sha256": sha256(prepared.content),
        "rows": len(prepared.samples),
        "parts": {name: len(keys) for name, keys in prepared.parts.keys().items()},
        "fitted_on": len(task_of(model).fitted_on(prepared.parts)),
        **source,
    }
