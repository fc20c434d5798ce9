"""One model as a worker serves it: the version that `current` names, and others that requests name."""

import logging
import threading
import time
from pathlib import Path

from petalstream import bundle
from petalstream.bundle import MANIFEST, Bundle, BundleError
from services.api.errors import NotServed, UnknownModel
from services.api.models.loading import ServedModel, open_bundle
from services.api.telemetry import metrics
from services.api.telemetry.metrics import Reload

# What was refused is looked at again after so long, though its folder seems unchanged: a disk may have recovered.
RETRY_SECONDS = 30.0
log = logging.getLogger(__name__)


class ModelVersions:
    """Its `served` version, replaced as a whole, and the reason in `refused` where `current` could not be taken in."""

    def __init__(self, models_dir: Path, name: str) -> None:
        self.name = name
        self.served: ServedModel | None = None
        self.refused = ""
        self._models_dir = models_dir
        self._opening = threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._tried = 0.0
        self._others: dict[str, ServedModel] = {}
        self._bad: dict[str, tuple[float, str]] = {}

    def refresh(self, again: bool = False) -> None:
        """Take in what `current` names where that has changed, or `again`; a bad bundle leaves the former serving."""
        with self._opening:
            stamp = self._stamp()
            due = bool(self.refused) and time.monotonic() - self._tried > RETRY_SECONDS
            if stamp == self._seen and not due and not again:
                return
            self._seen, self._tried = stamp, time.monotonic()
            try:
                self._take(open_bundle(bundle.current(self._models_dir, self.name)))
            except BundleError as error:
                self._refuse(str(error))
            on_disk = self.versions()
            self._others = {version: kept for version, kept in self._others.items() if version in on_disk}

    def versions(self) -> list[str]:
        """The versions on the volume, the oldest first."""
        return bundle.versions(self._models_dir, self.name)

    def find(self, version: str) -> ServedModel:
        """The version of that number, opened where it was not before. Raises UnknownModel and NotServed."""
        if self.served and self.served.manifest.version == version:
            return self.served
        if version not in self._others:
            with self._opening:
                if version not in self._others:
                    self._others[version] = self._open(version)
        return self._others[version]

    def get_state(self, version: str) -> tuple[bool, str]:
        """Whether the version is in memory, and why not."""
        if version in self._others or (self.served and self.served.manifest.version == version):
            return True, ""
        if version in self._bad:
            return False, self._bad[version][1]
        return False, self.refused or "not in memory: the first request that names it takes it in"

    def _take(self, found: ServedModel) -> None:
        self.served, self.refused = found, ""
        metrics.RELOADS.labels(Reload.LOADED).inc()
        log.info("serving %s version %s", self.name, found.manifest.version)

    def _refuse(self, reason: str) -> None:
        if reason == self.refused:
            return
        self.refused = reason
        metrics.RELOADS.labels(Reload.REFUSED).inc()
        goes_on = f"; version {self.served.manifest.version} goes on serving" if self.served else ""
        log.error("%s is not %s: %s%s", self.name, "reloaded" if self.served else "served", reason, goes_on)

    def _open(self, version: str) -> ServedModel:
        if version not in self.versions():
            there = ", ".join(self.versions())
            raise UnknownModel(f"there is no version {version[:40]!r} of {self.name}; there are {there}")
        tried, reason = self._bad.get(version, (-RETRY_SECONDS, ""))
        if time.monotonic() - tried > RETRY_SECONDS:
            try:
                return open_bundle(Bundle.at(self._models_dir / self.name / version))
            except BundleError as error:
                reason = str(error)
                self._bad[version] = time.monotonic(), reason
                log.error("%s version %s is not served: %s", self.name, version, reason)
        raise NotServed(f"version {version} of {self.name} cannot be served: {reason}")

    def _stamp(self) -> tuple[object, ...]:
        """Differs where `current`, or what it names, is another than before."""
        try:
            version = bundle.current_version(self._models_dir, self.name)
            manifest = (self._models_dir / self.name / version / MANIFEST).lstat()
        except (BundleError, OSError) as error:
            return (str(error),)
        return version, manifest.st_ino, manifest.st_mtime_ns, manifest.st_size
