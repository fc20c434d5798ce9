"""The models of one worker, kept as the volume has them while it serves."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from petalstream import bundle
from petalstream.messages import MODEL_NAME
from services.api.errors import NotReady, NotServed, UnknownModel
from services.api.models.loading import ServedModel
from services.api.models.unloaded_models import UnloadedModels
from services.api.models.versions import ModelVersions
from services.api.telemetry import metrics
from services.api.telemetry.metrics import Reload

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VersionState:
    """A version on the volume: whether it is in memory, and if not why."""

    model: str
    version: str
    ready: bool
    reason: str


class Registry:
    """The models by name; `refresh` brings them up to date, and requests go on meanwhile.

    `unloaded` names those that are not to be served; a process that serves alone may keep it to itself.
    """

    def __init__(self, models_dir: Path, unloaded: UnloadedModels | set[str]) -> None:
        self._models_dir, self._unloaded = models_dir, unloaded
        self._refreshing = threading.RLock()
        self._models: Mapping[str, ModelVersions] = {}
        self._put_away: set[str] = set()

    def refresh(self, again: str | None = None) -> None:
        """Take in what has changed on the volume, and the model `again` in any case.

        A volume that is away changes nothing. Raises OSError.
        """
        with self._refreshing:
            if not self._models_dir.exists():
                return
            names = bundle.model_names(self._models_dir)
            put_away = {name for name in names if name in self._unloaded}
            models = {
                name: self._models.get(name) or ModelVersions(self._models_dir, name)
                for name in names
                if name not in put_away
            }
            for model in models.values():
                model.refresh(again=model.name == again)
            for name in sorted(set(self._models) - set(models)):
                metrics.RELOADS.labels(Reload.REMOVED).inc()
                log.warning("%s is no longer served: it was %s", name, "unloaded" if name in put_away else "removed")
            self._models, self._put_away = models, put_away

    @property
    def served(self) -> dict[str, ServedModel]:
        """The current version of each model that is served."""
        return {name: model.served for name, model in self._models.items() if model.served}

    @property
    def refused(self) -> dict[str, str]:
        """The models whose current bundle could not be taken in, with the reason; an older version may serve."""
        return {name: model.refused for name, model in self._models.items() if model.refused}

    def find(self, name: str, version: str | None = None) -> ServedModel:
        """The version of a model, by default the current one.

        Raises NotServed for a model or version on the volume that cannot be served now, NotReady if no model is served,
        and UnknownModel for any other name.
        """
        model = self._known(name)
        if version is not None:
            return model.find(version)
        if not model.served:
            raise NotServed(f"{name} is not served: {model.refused}")
        return model.served

    def versions(self, name: str) -> list[str]:
        """The versions of a model, the oldest first; raises as `find` does."""
        return self._known(name).versions()

    def index(self) -> list[VersionState]:
        """Every version of every model on the volume. Raises OSError."""
        self.refresh()  # another worker may have just loaded or unloaded one
        found = []
        for name in bundle.model_names(self._models_dir):
            model = self._models.get(name)
            for version in bundle.versions(self._models_dir, name):
                ready, reason = model.get_state(version) if model else (False, "unloaded")
                found.append(VersionState(name, version, ready, reason))
        return found

    def load(self, name: str) -> None:
        """Serve what `current` names, for all workers, though it was unloaded. Raises UnknownModel and NotServed."""
        if name not in bundle.model_names(self._models_dir):
            raise self._absent(name)
        self._unloaded.discard(name)
        self.refresh(again=name)
        if reason := self.refused.get(name):
            raise NotServed(f"{name} is not reloaded: {reason}")

    def unload(self, name: str) -> None:
        """Serve the model no longer, for all workers, until it is loaded or the api starts.

        Raises UnknownModel and NotServed.
        """
        if name not in bundle.model_names(self._models_dir):
            raise self._absent(name)
        self._unloaded.add(name)
        self.refresh()

    def _known(self, name: str) -> ModelVersions:
        model = self._models.get(name)
        if (model or name in self._put_away) and name in self._unloaded:
            raise NotServed(f"{name} is not served: it was unloaded")
        if not model and name in self._put_away:  # another worker has just loaded it again
            self.refresh()
            model = self._models.get(name)
        if model:
            return model
        error = self._absent(name)
        if isinstance(error, UnknownModel) and not self.served:
            raise NotReady
        raise error

    def _absent(self, name: str) -> NotServed | UnknownModel:
        """The error for a model that is not in memory: the volume has a folder of it, or there is no such model."""
        if MODEL_NAME.fullmatch(name) and (self._models_dir / name).is_dir():
            return NotServed(f"{name} is not served: no version of it has been taken in yet")
        return UnknownModel(f"there is no model {name[:40]!r}; served are {', '.join(self.served)}")
