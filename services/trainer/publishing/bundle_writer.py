"""Writes a bundle to the models volume; a reader sees all of it or nothing."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib

from petalstream.model.bundle import CURRENT, MODEL, SAMPLE_ID, TEST_SET, Bundle, sha256
from petalstream.model.manifest import MANIFEST, Manifest
from services.trainer.data.dataset import Dataset
from services.trainer.publishing.history import publication
from services.trainer.publishing.versions import STAGING, locked, prune, serve, sync


def publish(
    models_dir: Path,
    manifest: Manifest,
    estimator: Any,
    test: Dataset,
    files: Mapping[str, bytes],
    keep: int,
    measure_memory: Callable[[Path], Mapping[str, int]] | None = None,
) -> Bundle:
    """Write the next version of the model in a staging folder, rename the folder, and make the version the served one.

    `files` has further contents by their path in the bundle. Version and digests of `manifest` are filled in here. Then
    the last `keep` versions are kept and older ones deleted, unless one is served. `measure_memory` opens the version
    before it is served, and gives what the manifest has as memory. Raises OSError, and what `measure_memory` raises;
    then nothing is published. Without an `estimator` the model is the graph among the files.
    """
    home = models_dir / manifest.model
    home.mkdir(parents=True, exist_ok=True)
    try:
        with locked(home):
            published = _write(home / f"{STAGING}bundle", manifest, estimator, test, files, next_version(home))
            final = published.path.rename(home / published.manifest.version)
            sync(home)
            if measure_memory:
                published = replace(published, manifest=replace(published.manifest, memory=measure_memory(final)))
                _replace_manifest(final, published.manifest)
            serve(home, final / CURRENT, publication(published.manifest))
            prune(home, keep)
    except OSError as error:
        if error.errno is None or error.filename:
            raise
        raise OSError(error.errno, error.strerror, str(home)) from error  # the error of a full disk names no file
    return Bundle(final, published.manifest)


def _write(
    folder: Path, manifest: Manifest, estimator: Any, test: Dataset, files: Mapping[str, bytes], version: str
) -> Bundle:
    """Write and sync the whole bundle in a new folder, with the file that later becomes `current`.

    Written here, that file needs no disk space later, and it marks a version that a kill has left unserved.
    """
    folder.mkdir()
    if estimator is not None:
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


def _replace_manifest(folder: Path, manifest: Manifest) -> None:
    staged = folder / f"{STAGING}{MANIFEST}"
    staged.write_text(manifest.to_json(), encoding="utf-8")
    sync(staged)
    staged.rename(folder / MANIFEST)
    sync(folder)


def next_version(home: Path) -> str:
    """Return the highest version in the model's folder plus one; versions are whole numbers from 1."""
    return str(1 + max((int(path.name) for path in home.iterdir() if path.name.isdecimal()), default=0))


def _write_test_set(path: Path, test: Dataset, manifest: Manifest) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([SAMPLE_ID, *(feature.name for feature in manifest.features), manifest.target])
        for line, row, text in zip(test.lines, test.values.tolist(), test.texts, strict=True):
            values = [feature.to_text(value) for feature, value in zip(manifest.features, row, strict=True)]
            writer.writerow([line, *values, text])
