"""A bundle is one version of a model on disk; its manifest is read here with the standard library alone.

models/<name>/<version>/ holds manifest.json, model.joblib, test.csv, parts.json (the part of each row of the CSV),
report/, which is for people, and model.onnx where the converted model gives the same answers; models/<name>/current
names the served version, and models/<name>/history.jsonl says which version was served when.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Self

from petalstream.files import read_below
from petalstream.messages import MODEL_NAME
from petalstream.model import own_code
from petalstream.model.manifest import MANIFEST, BundleError, Manifest

MODEL, ONNX, TEST_SET, PARTS, CURRENT = "model.joblib", "model.onnx", "test.csv", "parts.json", "current"
REPORT = "report"
REPORT_INDEX = "report/report.json"
SAMPLE_ID = "line"
VERSION = re.compile(r"[1-9][0-9]{0,8}")
# A pickle of one version need not open, or predict alike, under another.
UNPICKLED_BY = ("scikit-learn", "joblib", "numpy")


@dataclass(frozen=True)
class Bundle:
    """A published bundle: the folder and the manifest in it."""

    path: Path
    manifest: Manifest

    @classmethod
    def at(cls, path: Path) -> Self:
        """The bundle in the folder `path`, its files not yet verified. Raises BundleError."""
        text = _text(path.parent.parent, path.parent.name, path.name, MANIFEST)
        try:
            return cls(path, Manifest.from_json(text))
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from error

    @property
    def model_files(self) -> tuple[str, ...]:
        """The files that the model is opened from; there is no estimator beside a graph that was imported."""
        if self.manifest.onnx is None:
            return (MODEL,)
        return (ONNX,) if self.manifest.fitted.get("is_graph") else (MODEL, ONNX)

    def verify(self) -> None:
        """Raise BundleError unless every file is there with the digest that the manifest gives."""
        for name in self.manifest.files:
            self.read(name)

    def read(self, name: str) -> bytes:
        """The content of one of the manifest's files, with the digest that it gives. Raises BundleError."""
        home, digest = self.path.parent, self.manifest.files[name]
        content = _read(home.parent, home.name, self.path.name, name)
        if (found := sha256(content)) != digest:
            raise BundleError(f"{self.path / name} was altered: sha256 {found}, and the manifest says {digest}")
        return content

    def verify_libraries(self) -> None:
        """Raise BundleError unless the libraries here are those that the model was pickled with."""
        for library in UNPICKLED_BY:
            made_with, here = self.manifest.libraries.get(library), installed(library)
            if made_with != here:
                raise BundleError(
                    f"{self.path} was made with {library} {made_with}, and here is {here}; train it again"
                )
        if fault := own_code.find_fault(self.manifest.code, self.manifest.requirements):
            raise BundleError(f"{self.path}: {fault}")

    def verify_servable(self) -> None:
        """Raise BundleError unless the files are as published, and the model was converted or can be unpickled here."""
        self.verify()
        if self.manifest.onnx is None:
            self.verify_libraries()

    def test_set(self) -> Iterator[tuple[str, dict[str, object], str]]:
        """The held-out samples, line by line: (line of the sample in its CSV, features, true label)."""
        with (self.path / TEST_SET).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                cells = ((feature, row[feature.name]) for feature in self.manifest.features)
                features = {feature.name: feature.parse(cell) for feature, cell in cells if cell or feature.is_required}
                yield row[SAMPLE_ID], features, row[self.manifest.target]


def sha256(content: bytes) -> str:
    """The digest that manifests hold."""
    return hashlib.sha256(content).hexdigest()


def model_names(models_dir: Path) -> list[str]:
    """The models that have a served version, by name; none where there is no such folder. Raises OSError."""
    if not models_dir.is_dir():
        return []
    return sorted(path.name for path in models_dir.iterdir() if MODEL_NAME.fullmatch(path.name) and _has_current(path))


def _has_current(home: Path) -> bool:
    """Whether the folder may have a served version: one that cannot be read is there all the same, and is refused."""
    try:
        (home / CURRENT).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def current(models_dir: Path, model: str) -> Bundle:
    """The served version of `model`. Raises BundleError."""
    return Bundle.at(models_dir / model / current_version(models_dir, model))


def current_version(models_dir: Path, model: str) -> str:
    """The version of `model` that `current` names. Raises BundleError."""
    version = _text(models_dir, model, CURRENT).strip()
    if not VERSION.fullmatch(version):
        raise BundleError(f"{models_dir / model / CURRENT} must hold a version number, not {version[:40]!r}")
    return version


def versions(models_dir: Path, model: str) -> list[str]:
    """The versions of `model` that are on disk, the oldest first; none where the model is not."""
    try:
        found = [path.name for path in (models_dir / model).iterdir() if VERSION.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(found, key=int)


def _read(models_dir: Path, *parts: str) -> bytes:
    """A file below the models folder, through no link that lies in it. Raises BundleError."""
    try:
        return read_below(models_dir, "/".join(parts))
    except OSError as error:
        raise BundleError(f"{models_dir.joinpath(*parts)} cannot be read: {error}") from error


def _text(models_dir: Path, *parts: str) -> str:
    try:
        return _read(models_dir, *parts).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{models_dir.joinpath(*parts)} cannot be read: {error}") from error
