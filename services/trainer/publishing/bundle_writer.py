"""Puts a bundle on the models volume so that a reader sees all of it or nothing."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib

from petalstream.bundle import CURRENT, MANIFEST, MODEL, SAMPLE_ID, TEST_SET, Bundle, Manifest, sha256
from services.trainer.data.dataset import Dataset
from services.trainer.publishing.versions import STAGING, locked, prune, serve, sync


def publish(
    models_dir: Path, manifest: Manifest, estimator: Any, test: Dataset, files: Mapping[str, bytes], keep: int
) -> Bundle:
    """Write the next version of the model beside its final place, rename it there, and make it the served one.

    `files` holds what else belongs to the bundle, by its path there. `manifest` comes without version and files, which
    are filled in here. Of older versions all but the last `keep`, with the new one, are deleted. Raises OSError.
    """
    home = models_dir / manifest.model
    home.mkdir(parents=True, exist_ok=True)
    try:
        with locked(home):
            published = _write(home / f"{STAGING}bundle", manifest, estimator, test, files, next_version(home))
            final = published.path.rename(home / published.manifest.version)
            sync(home)
            serve(home, final / CURRENT)
            prune(home, keep)
    except OSError as error:
        if error.errno is None or error.filename:
            raise
        raise OSError(error.errno, error.strerror, str(home)) from error  # a disk that is full gives no name
    return Bundle(final, published.manifest)


def _write(
    folder: Path, manifest: Manifest, estimator: Any, test: Dataset, files: Mapping[str, bytes], version: str
) -> Bundle:
    """The whole bundle in a new folder and on the disk, with the pointer that is to become `current` in it.

    The pointer is written so early for a disk that is full, or a kill, to leave no version that nothing points to.
    """
    folder.mkdir()
    joblib.dump(estimator, folder / MODEL)
    _write_test_set(folder / TEST_SET, test, manifest)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    written = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    digests = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()) for path in written}
    published = replace(manifest, version=version, files=digests)
    (folder / MANIFEST).write_text(published.to_json(), encoding="utf-8")
    (folder / CURRENT).write_text(f"{version}\n", encoding="utf-8")
    for path in [*folder.rglob("*"), folder]:
        sync(path)
    return Bundle(folder, published)


def next_version(home: Path) -> str:
    """One more than the highest version in the model's folder; versions are whole numbers from 1."""
    return str(1 + max((int(path.name) for path in home.iterdir() if path.name.isdecimal()), default=0))


def _write_test_set(path: Path, test: Dataset, manifest: Manifest) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([SAMPLE_ID, *(feature.name for feature in manifest.features), manifest.target])
        for line, row, label in zip(test.lines, test.values.tolist(), test.labels, strict=True):
            values = [feature.written(value) for feature, value in zip(manifest.features, row, strict=True)]
            writer.writerow([line, *values, label])
