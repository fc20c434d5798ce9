"""Opens a bundle on the volume as a model that can be served."""

import logging
from dataclasses import dataclass

from petalstream.model import golden, manifest_schema, runtime
from petalstream.model.bundle import MODEL, ONNX, Bundle
from petalstream.model.manifest import BundleError, Manifest
from services.api.models.reports import Report
from services.api.scoring.scorer import Scorer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """One version of a model in memory: the scorer that predicts with it, and the report of its training."""

    scorer: Scorer
    report: Report

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of the version's bundle."""
        return self.scorer.manifest


def open_bundle(bundle: Bundle) -> ServedModel:
    """Verify the digests and the manifest, then open the ONNX model or else the pickle. Raises BundleError."""
    try:
        bundle.verify()
        manifest_schema.check_bundle(bundle)
        scorer = _open_onnx(bundle) or _open_pickle(bundle)
        scorer.measure_speed()
        return ServedModel(scorer, Report.read(bundle))
    except BundleError:
        raise
    except Exception as error:  # unpickling runs whatever the file says, and may raise anything
        raise BundleError(f"{bundle.path} cannot be loaded: {type(error).__name__}: {error}") from error


def _open_onnx(bundle: Bundle) -> Scorer | None:
    """Return a scorer with the ONNX model, or None if there is none or it does not reproduce the golden rows."""
    facts = bundle.manifest.onnx
    if facts is None:
        return None
    scorer = Scorer(bundle.manifest, runtime.load_onnx(bundle), is_graph=True)
    try:
        golden.check_golden_rows(scorer.manifest, scorer.runtime)
    except Exception as error:  # the file is not a graph, or this ONNX Runtime cannot run it
        if MODEL not in bundle.model_files:
            raise
        log.warning("%s does not serve, and %s is opened instead: %s", bundle.path / ONNX, MODEL, error)
        return None
    return scorer


def _open_pickle(bundle: Bundle) -> Scorer:
    scorer = Scorer(bundle.manifest, runtime.load_pickle(bundle))
    golden.check_golden_rows(scorer.manifest, scorer.runtime)
    return scorer
