"""The models that this process serves; the only module that unpickles one."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import joblib

from petalstream import bundle
from petalstream.bundle import MODEL, BundleError
from services.api import soundness
from services.api.reports import Report
from services.api.scorer import Scorer

log = logging.getLogger(__name__)


class UnknownModel(LookupError):
    """A model that is not served here."""

    def __init__(self, name: str, served: list[str]) -> None:
        super().__init__(f"there is no model {name[:40]!r}; served are {', '.join(served)}")


class NotReady(RuntimeError):
    """No model is served yet."""

    def __init__(self) -> None:
        super().__init__("no model is loaded yet; the trainer publishes one and the api loads it when it starts")


@dataclass(frozen=True)
class Registry:
    """By name, the served models and their reports, and of the models that are refused the reason."""

    scorers: Mapping[str, Scorer]
    reports: Mapping[str, Report]
    refused: Mapping[str, str]

    @classmethod
    def load(cls, models_dir: Path) -> "Registry":
        """The current version of every model in the folder; a bad bundle is refused, with the reason in the log."""
        scorers, reports, refused = {}, {}, {}
        for name in bundle.model_names(models_dir):
            try:
                scorers[name], reports[name] = _open(models_dir, name)
                log.info("serving %s version %s", name, scorers[name].manifest.version)
            except BundleError as error:
                refused[name] = str(error)
                log.error("%s is not served: %s", name, error)
        if not scorers:
            log.error("no model to serve in %s; train one and start the api again", models_dir)
        return cls(scorers, reports, refused)

    def scorer(self, name: str) -> Scorer:
        """The scorer of the model `name`. Raises NotReady where nothing is served, else UnknownModel."""
        if not self.scorers:
            raise NotReady
        if name not in self.scorers:
            raise UnknownModel(name, sorted(self.scorers))
        return self.scorers[name]


def _open(models_dir: Path, name: str) -> tuple[Scorer, Report]:
    """Check the bundle, and only then unpickle its model. Raises BundleError."""
    try:
        found = bundle.current(models_dir, name)
        found.verify_libraries()
        found.verify()
        soundness.check(found)
        scorer = Scorer(found.manifest, joblib.load(found.path / MODEL))
        scorer.check_golden_rows()
        return scorer, Report.read(found)
    except BundleError:
        raise
    except Exception as error:  # unpickling runs whatever the file says, and may raise anything
        raise BundleError(f"{models_dir / name} cannot be loaded: {type(error).__name__}: {error}") from error
