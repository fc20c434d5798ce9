"""Reads the metrics of all workers from their files, of which any may be damaged or gone."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

log = logging.getLogger(__name__)
_complained: set[Path] = set()


class MetricFiles(Collector):
    """Collects the metrics in the files of a folder, without those that cannot be read, which are logged once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Any]:
        """Return the metrics, summed over all workers."""
        files = [str(path) for path in self._folder.glob("*.db")]
        if not files:
            _complain(self._folder, "has no metrics any more; workers that begin from now on will write them again")
        try:
            return _merge(files)
        except Exception:  # whatever the bytes of a damaged file are taken for
            return _merge([file for file in files if _is_readable(file)])


def _merge(files: list[str]) -> Iterable[Any]:
    merged: Iterable[Any] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return merged


def _is_readable(file: str) -> bool:
    try:
        _merge([file])
    except Exception as error:
        _complain(Path(file), f"is left out of /metrics until the worker that writes it ends: {error}")
        return False
    return True


def _complain(path: Path, what: str) -> None:
    """Log a fault of a file or the folder, once in each worker."""
    if path not in _complained:
        _complained.add(path)
        log.error("%s %s", path, what)
