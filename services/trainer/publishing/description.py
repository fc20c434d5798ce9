"""Makes the manifest of what was trained."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from petalstream.model import own_code
from petalstream.model.bundle import sha256
from petalstream.model.manifest import Manifest
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Definition
from services.trainer.evaluation.golden_rows import predict_golden_rows
from services.trainer.evaluation.training_distributions import compute_distributions
from services.trainer.publishing.decisions import Decision
from services.trainer.publishing.fingerprint import compute_fingerprint, library_versions
from services.trainer.tasks import task_of


@dataclass(frozen=True)
class Trained:
    """A fitted estimator with its `parameters`, and what it was made of: `content` is that of the CSV."""

    name: str
    definition: Definition
    content: bytes
    samples: Dataset
    parts: Parts
    seed: int
    estimator: Any
    parameters: Mapping[str, Any]


def describe(
    trained: Trained, metrics: Mapping[str, Any], decisions: Sequence[Decision], onnx: Mapping[str, Any] | None
) -> Manifest:
    """Return the manifest without version, memory and files, which publishing fills in.

    `decisions` are those on the conditions of publication, and `onnx` has the facts of the comparison with a graph, if
    there is one.
    """
    model, parts = trained.definition, trained.parts
    return Manifest(
        **_definition_fields(trained.name, model),
        **task_of(model).manifest_fields(trained.estimator, parts),
        **_origin_fields(trained),
        data=_provenance(trained),
        parameters=trained.parameters,
        metrics=metrics,
        conditions=tuple(map(asdict, decisions)),
        training=compute_distributions(parts.training, model),
        golden=tuple(predict_golden_rows(trained.estimator, parts.test, model)),
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
        "features": model.columns,
        "target": model.target_column,
    }


def _origin_fields(trained: Trained) -> dict[str, Any]:
    """Return what the manifest has of when the model was trained, and from what."""
    model = trained.definition
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fingerprint": compute_fingerprint(trained.name, trained.content, trained.seed, model),
        "libraries": library_versions(),
        "code": own_code.digests(model.code),
        "requirements": tuple(map("==".join, own_code.installed_versions(model.requirements).items())),
    }


def _provenance(trained: Trained) -> dict[str, Any]:
    model = trained.definition
    source = asdict(model.source) if model.source else {}
    return {"csv": model.file.path, "sha256": sha256(trained.content), "rows": len(trained.samples), **source}
