"""The models that a worker serves, kept up to date with the models volume."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from petalstream.history.timeline import Timeline
from petalstream.messages import MODEL_NAME
from petalstream.model import bundle
from services.api.errors import NotReady, NotServed, UnknownModel
from services.api.models.history import History
from services.api.models.loading import ServedModel
from services.api.models.unloaded_models import UnloadedModels
from services.api.models.versions import ModelVersions
from services.api.telemetry import metrics
from services.api.telemetry.metrics import Reload

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VersionState:
    """A version on the volume: whether it is `ready`, that is in memory, and if not the `reason`."""

    model: str
    version: str
    ready: bool
    reason: str


class Registry:
    """Keeps the models of the volume in memory by name. It is safe to use from several threads.

    `unloaded` has the names of the models that are not to be served. Workers share an UnloadedModels; a process that
    serves alone can use a set. What is loaded, unloaded and refused is added to the `history`, by default beside the
    models.
    """

    def __init__(self, models_dir: Path, unloaded: UnloadedModels | set[str], history: History | None = None) -> None:
        self._models_dir, self._unloaded = models_dir, unloaded
        self._history = history or History(models_dir)
        self._refreshing = threading.RLock()
        # Both are replaced as a whole by refresh(), so that requests need no lock.
        self._models: Mapping[str, ModelVersions] = {}
        self._unloaded_here: set[str] = set()

    def refresh(self, force: str | None = None) -> None:
        """Load what has changed on the volume, and the model named `force` in any case. Raises OSError.

        A volume that is not mounted changes nothing.
        """
        with self._refreshing:
            if not self._models_dir.is_dir():
                return
            names = bundle.model_names(self._models_dir)
            unloaded = {name for name in names if name in self._unloaded}
            models = {
                name: self._models.get(name) or ModelVersions(self._models_dir, name, self._history)
                for name in names
                if name not in unloaded
            }
            for model in models.values():
                model.refresh(force=model.name == force)
            for name in sorted(set(self._models) - set(models)):
                metrics.RELOADS.labels(Reload.REMOVED).inc()
                log.warning("%s is no longer served: it was %s", name, "unloaded" if name in unloaded else "removed")
            self._models, self._unloaded_here = models, unloaded

    @property
    def served(self) -> dict[str, ServedModel]:
        """Return the current version of each served model by name."""
        return {name: model.served for name, model in self._models.items() if model.served}

    def require_served(self) -> None:
        """Raise NotReady if no model is served."""
        if not self.served:
            raise NotReady(self._what_is_wrong())

    @property
    def refused(self) -> dict[str, str]:
        """Return the reason by name for models whose current version could not be opened; an older one may serve."""
        return {name: model.refused for name, model in self._models.items() if model.refused}

    def find(self, name: str, version: str | None = None) -> ServedModel:
        """Return a version of a model, by default the current one.

        Raises NotServed for a model or version on the volume that cannot be served now, NotReady if no model is served,
        and UnknownModel for any other name.
        """
        model = self._find_model(name)
        if version is not None:
            return model.find(version)
        if not model.served:
            raise NotServed(f"{name} is not served: {model.refused}")
        return model.served

    def versions(self, name: str) -> list[str]:
        """Return the versions of a model, the oldest first. Raises the exceptions of `find`."""
        return self._find_model(name).versions()

    def index(self) -> list[VersionState]:
        """Return the state of every version of every model on the volume. Raises OSError."""
        self.refresh()  # another worker may have just loaded or unloaded a model
        states = []
        for name in bundle.model_names(self._models_dir):
            model = self._models.get(name)
            for version in bundle.versions(self._models_dir, name):
                ready, reason = model.get_state(version) if model else (False, "unloaded")
                states.append(VersionState(name, version, ready, reason))
        return states

    def load(self, name: str) -> None:
        """Serve the current version of a model in all workers, also if it was unloaded.

        Raises UnknownModel and NotServed.
        """
        if name not in bundle.model_names(self._models_dir):
            raise self._missing(name)
        self._unloaded.discard(name)
        self.refresh(force=name)
        if reason := self.refused.get(name):
            raise NotServed(f"{name} is not reloaded: {reason}")
        if served := self.served.get(name):
            self._history.load(name, served.manifest.version)

    def unload(self, name: str) -> None:
        """Stop serving a model in all workers, until it is loaded or the api restarts.

        Raises UnknownModel and NotServed.
        """
        if name not in bundle.model_names(self._models_dir):
            raise self._missing(name)
        self._unloaded.add(name)
        self.refresh()
        self._history.unload(name)

    def read_history(self, name: str) -> Timeline:
        """Return which versions of a model were served when, also of one that is not served now.

        Raises UnknownModel, NotServed for a history that cannot be read, and NotReady if no model is served.
        """
        try:
            timeline = self._history.read(name) if MODEL_NAME.fullmatch(name) else Timeline()
            is_known = timeline.entries or name in bundle.model_names(self._models_dir)
        except OSError as error:
            raise NotServed(f"the history of {name} cannot be read: {error}") from error
        if not is_known:
            raise self._unknown(name)
        return timeline

    def _find_model(self, name: str) -> ModelVersions:
        model = self._models.get(name)
        if (model or name in self._unloaded_here) and name in self._unloaded:
            raise NotServed(f"{name} is not served: it was unloaded")
        if not model and name in self._unloaded_here:  # another worker has just loaded it
            self.refresh()
            model = self._models.get(name)
        if model:
            return model
        raise self._unknown(name)

    def _unknown(self, name: str) -> NotServed | UnknownModel:
        """Return the error for a model that is not in memory. Raises NotReady if none is served, whatever the name."""
        error = self._missing(name)
        if isinstance(error, UnknownModel):
            self.require_served()
        return error

    def _what_is_wrong(self) -> str:
        """Return why the models volume cannot be read, "" if it can."""
        try:
            bundle.model_names(self._models_dir)
        except OSError as error:
            return f"MODELS_DIR cannot be read: {error}"
        if self._models_dir.is_dir():
            return ""
        return f"MODELS_DIR, {self._models_dir}, {'is not a folder' if self._models_dir.exists() else 'does not exist'}"

    def _missing(self, name: str) -> NotServed | UnknownModel:
        """Return the error for a model that is not in memory: UnknownModel if the volume has no folder of that name."""
        try:
            has_folder = MODEL_NAME.fullmatch(name) and (self._models_dir / name).is_dir()
        except OSError as error:
            return NotServed(f"{name} is not served: MODELS_DIR cannot be read: {error}")
        if has_folder:
            return NotServed(f"{name} is not served: no version of it has been taken in yet")
        return UnknownModel(f"there is no model {name[:40]!r}; served are {', '.join(self.served)}")
