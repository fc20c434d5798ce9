"""Puts a bundle on the models volume so that a reader sees all of it or nothing."""

import csv
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib

from petalstream.bundle import CURRENT, MANIFEST, MODEL, REPORT, SAMPLE_ID, TEST_SET, Bundle, Manifest, sha256
from services.trainer.dataset import Dataset


def publish(models_dir: Path, manifest: Manifest, estimator: Any, test: Dataset, report: Mapping[str, bytes]) -> Bundle:
    """Write the next version of the model beside its final place, rename it there, and make it the served one.

    `report` holds the files of the folder report/ by name. `manifest` comes without version and files, which are
    filled in here. Older versions are left as they are.
    """
    home = models_dir / manifest.model
    home.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=home))
    try:
        joblib.dump(estimator, staging / MODEL)
        _write_test_set(staging / TEST_SET, test, manifest)
        (staging / REPORT).mkdir()
        for name, content in report.items():
            (staging / REPORT / name).write_bytes(content)
        written = [path for path in sorted(staging.rglob("*")) if path.is_file()]
        digests = {path.relative_to(staging).as_posix(): sha256(path.read_bytes()) for path in written}
        version = next_version(home)
        published = replace(manifest, version=version, files=digests)
        (staging / MANIFEST).write_text(published.to_json(), encoding="utf-8")
        staging.chmod(0o755)
        for path in [*staging.rglob("*"), staging]:
            _sync(path)
        # Fails where another training has just published the same version: a folder that is not empty is not replaced.
        staging.rename(home / version)
        _sync(home)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    _replace_text(home / CURRENT, version + "\n")
    return Bundle(home / version, published)


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


def _replace_text(path: Path, text: str) -> None:
    """Write a file beside `path` and put it there in one rename."""
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Have the system write a file or folder to the disk before what follows."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
