"""From a bundle on the volume to a model that answers; the only module that unpickles one."""

import io
from dataclasses import dataclass
from functools import partial

import joblib

from petalstream.bundle import MODEL, Bundle, BundleError, Manifest
from petalstream.inference import infer
from services.api import soundness
from services.api.reports import Report
from services.api.scorer import Scorer


@dataclass(frozen=True)
class Served:
    """One version of a model, ready to answer, and the report of its training."""

    scorer: Scorer
    report: Report

    @property
    def manifest(self) -> Manifest:
        """What the version says of itself."""
        return self.scorer.manifest


def open_bundle(found: Bundle) -> Served:
    """Check the bundle, and only then unpickle its model. Raises BundleError."""
    try:
        found.verify_libraries()
        found.verify()
        soundness.check(found)
        # The very bytes whose digest was checked: the file may be another one by now.
        scorer = Scorer(found.manifest, partial(infer, joblib.load(io.BytesIO(found.read(MODEL)))))
        scorer.check_golden_rows()
        return Served(scorer, Report.read(found))
    except BundleError:
        raise
    except Exception as error:  # unpickling runs whatever the file says, and may raise anything
        raise BundleError(f"{found.path} cannot be loaded: {type(error).__name__}: {error}") from error
