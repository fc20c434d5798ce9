"""Makes the manifest of what was trained."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
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
from services.trainer.publishing.fingerprint import compute_fingerprint, library_versions
from services.trainer.tasks import task_of


@dataclass(frozen=True)
class Trained:
    """A fitted estimator with its `parameters`, and what it was made of: `content` is that of the CSV.

    Of one that was fitted elsewhere `model_file` is the content of its file, and `fitted` what the manifest says of it.
    """

    name: str
    definition: Definition
    content: bytes
    samples: Dataset
    parts: Parts
    seed: int
    estimator: Any
    parameters: Mapping[str, Any]
    model_file: bytes = b""
    fitted: Mapping[str, Any] = field(default_factory=dict)


def describe(trained: Trained, metrics: Mapping[str, Any], onnx: Mapping[str, Any] | None) -> Manifest:
    """Return the manifest without version, memory and files, which publishing fills in.

    `onnx` has the facts of the comparison with a graph, if there is one.
    """
    model, parts = trained.definition, trained.parts
    return Manifest(
        **_definition_fields(trained.name, model),
        notes=(*model.notes, *_notes_on_fitted(trained)),
        **task_of(model).manifest_fields(trained.estimator, parts),
        **_origin_fields(trained),
        data=_provenance(trained),
        parameters=trained.parameters,
        metrics=metrics,
        training=compute_distributions(parts.training, model),
        golden=tuple(predict_golden_rows(trained.estimator, parts.test, model)),
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
    rows, parts = len(trained.samples), trained.parts
    tested = (
        "all of them test it"
        if trained.definition.labels
        else f"{len(parts.validation)} of them calibrate the intervals, and {len(parts.test)} test it"
    )
    csv = trained.definition.file.path
    yield (
        f"This model was fitted elsewhere. The {rows:,} rows of {csv} are taken as unseen: {tested}. Nobody here can"
        " tell whether it was fitted on some of them. Distributions and ranges are those of these rows."
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
        "features": model.columns,
        "target": model.target_column,
    }


def _origin_fields(trained: Trained) -> dict[str, Any]:
    """Return what the manifest has of when the model was trained, and from what."""
    model = trained.definition
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fingerprint": compute_fingerprint(trained.name, trained.content + trained.model_file, trained.seed, model),
        "libraries": library_versions(),
        "code": own_code.digests(model.code),
        "requirements": tuple(map("==".join, own_code.installed_versions(model.requirements).items())),
    }


def _provenance(trained: Trained) -> dict[str, Any]:
    model = trained.definition
    source = asdict(model.source) if model.source else {}
    return {"csv": model.file.path, "sha256": sha256(trained.content), "rows": len(trained.samples), **source}
