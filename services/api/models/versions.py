"""The versions of one model in a worker: the current one and those that requests have named."""

import logging
import threading
import time
from pathlib import Path

from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.model.manifest import MANIFEST, BundleError
from services.api.errors import NotServed, UnknownModel
from services.api.models.history import History
from services.api.models.loading import ServedModel, open_bundle
from services.api.telemetry import metrics
from services.api.telemetry.metrics import Reload

# A refused bundle is opened again after so long, even if its folder seems unchanged: the disk may have recovered.
RETRY_SECONDS = 30.0
log = logging.getLogger(__name__)


class ModelVersions:
    """Keeps the versions of one model in memory.

    `served` is the version that the file `current` names, None until one could be opened. `refused` is the reason why
    that version could not be opened, "" if it could; an older version may then still be served. Other versions are
    opened by the first request that names them.
    """

    def __init__(self, models_dir: Path, name: str, history: History) -> None:
        self.name = name
        self.served: ServedModel | None = None
        self.refused = ""
        self._models_dir, self._history = models_dir, history
        self._opening = threading.Lock()
        self._last_stamp: tuple[object, ...] = ()
        self._last_attempt = 0.0
        self._other_versions: dict[str, ServedModel] = {}
        # By version: when opening failed, by time.monotonic(), and why.
        self._failures: dict[str, tuple[float, str]] = {}

    def refresh(self, force: bool = False) -> None:
        """Open the version that `current` names if it has changed, or in any case with `force`.

        If it cannot be opened, the version before it stays served.
        """
        with self._opening:
            stamp = self._read_stamp()
            is_retry_due = bool(self.refused) and time.monotonic() - self._last_attempt > RETRY_SECONDS
            if stamp == self._last_stamp and not is_retry_due and not force:
                return
            self._last_stamp, self._last_attempt = stamp, time.monotonic()
            try:
                self._serve(open_bundle(bundle.current(self._models_dir, self.name)))
            except BundleError as error:
                self._refuse(str(error))
            on_disk = self.versions()
            self._other_versions = {
                version: model for version, model in self._other_versions.items() if version in on_disk
            }

    def versions(self) -> list[str]:
        """Return the versions on the volume, the oldest first."""
        return bundle.versions(self._models_dir, self.name)

    def find(self, version: str) -> ServedModel:
        """Return a version by its number, and open it if it is not in memory. Raises UnknownModel and NotServed."""
        if self.served and self.served.manifest.version == version:
            return self.served
        if version not in self._other_versions:
            with self._opening:
                if version not in self._other_versions:
                    self._other_versions[version] = self._open(version)
        return self._other_versions[version]

    def get_state(self, version: str) -> tuple[bool, str]:
        """Return whether the version is in memory, and if not the reason."""
        if version in self._other_versions or (self.served and self.served.manifest.version == version):
            return True, ""
        if version in self._failures:
            return False, self._failures[version][1]
        return False, self.refused or "not in memory: the first request that names it takes it in"

    def _serve(self, model: ServedModel) -> None:
        self.served, self.refused = model, ""
        metrics.RELOADS.labels(Reload.LOADED).inc()
        log.info("serving %s version %s", self.name, model.manifest.version)
        self._history.open(self.name, model.manifest.version)

    def _refuse(self, reason: str) -> None:
        if reason == self.refused:
            return
        self.refused = reason
        metrics.RELOADS.labels(Reload.REFUSED).inc()
        served = self.served.manifest.version if self.served else None
        still_served = f"; version {served} goes on serving" if served else ""
        log.error("%s is not %s: %s%s", self.name, "reloaded" if served else "served", reason, still_served)
        self._history.refuse(self.name, self._named_version(), served, reason)

    def _named_version(self) -> str | None:
        """Return the version that `current` names, None if it cannot be read."""
        try:
            return bundle.current_version(self._models_dir, self.name)
        except BundleError:
            return None

    def _open(self, version: str) -> ServedModel:
        on_disk = self.versions()
        if version not in on_disk:
            raise UnknownModel(f"there is no version {version[:40]!r} of {self.name}; there are {', '.join(on_disk)}")
        failed_at, reason = self._failures.get(version, (-RETRY_SECONDS, ""))
        if time.monotonic() - failed_at > RETRY_SECONDS:
            try:
                return open_bundle(Bundle.at(self._models_dir / self.name / version))
            except BundleError as error:
                reason = str(error)
                self._failures[version] = time.monotonic(), reason
                log.error("%s version %s is not served: %s", self.name, version, reason)
        raise NotServed(f"version {version} of {self.name} cannot be served: {reason}")

    def _read_stamp(self) -> tuple[object, ...]:
        """Return a value that changes when `current`, or the bundle that it names, changes."""
        try:
            version = bundle.current_version(self._models_dir, self.name)
            manifest = (self._models_dir / self.name / version / MANIFEST).lstat()
        except (BundleError, OSError) as error:
            return (str(error),)
        return version, manifest.st_ino, manifest.st_mtime_ns, manifest.st_size
