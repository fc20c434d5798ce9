"""From a bundle on the volume to a model that answers."""

import logging
from dataclasses import dataclass

from petalstream.bundle import MODEL, ONNX, Bundle, BundleError, Manifest
from services.api.models import manifest_schema
from services.api.models.reports import Report
from services.api.scoring import runtime
from services.api.scoring.scorer import Scorer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """One version of a model, ready to answer, and the report of its training."""

    scorer: Scorer
    report: Report

    @property
    def manifest(self) -> Manifest:
        """What the version says of itself."""
        return self.scorer.manifest


def open_bundle(found: Bundle) -> ServedModel:
    """Check the bundle, and only then open its model: the converted one, or else the pickle. Raises BundleError."""
    try:
        found.verify()
        manifest_schema.check_bundle(found)
        scorer = _converted(found) or _unpickled(found)
        return ServedModel(scorer, Report.read(found))
    except BundleError:
        raise
    except Exception as error:  # unpickling runs whatever the file says, and may raise anything
        raise BundleError(f"{found.path} cannot be loaded: {type(error).__name__}: {error}") from error


def _converted(found: Bundle) -> Scorer | None:
    facts = found.manifest.onnx
    if facts is None:
        return None
    scorer = Scorer(found.manifest, runtime.load_onnx(found))
    try:
        scorer.check_golden_rows(facts["tolerance"])
    except Exception as error:  # a graph that is none, or that this ONNX Runtime does not know
        log.warning("%s does not serve, and %s is opened instead: %s", found.path / ONNX, MODEL, error)
        return None
    return scorer


def _unpickled(found: Bundle) -> Scorer:
    scorer = Scorer(found.manifest, runtime.load_pickle(found))
    scorer.check_golden_rows()
    return scorer
