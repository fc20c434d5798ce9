"""One digest of all that a bundle is made from: if it is unchanged, training would give the same model."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import petalstream
import services.trainer
from petalstream.model import own_code
from petalstream.model.bundle import UNPICKLED_BY, sha256
from services.trainer.definition import Definition

SHARED = (".", "features", "model", "tables")
LIBRARIES = (*UNPICKLED_BY, "scipy", "pandas", "matplotlib", "skl2onnx", "onnx", "onnxruntime")


def library_versions() -> dict[str, str]:
    """Return the versions that a bundle depends on, by name: of Python (major.minor) and of the libraries."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in LIBRARIES}}


def compute_fingerprint(model: str, data: bytes, seed: int, definition: Definition) -> str:
    """Return the digest of data, seed, library versions and code: the trainer's, and what the model brings along."""
    made_from = {
        "model": model,
        "data": sha256(data),
        "seed": seed,
        "libraries": library_versions() | own_code.installed_versions(definition.requirements),
        "own code": own_code.digests(definition.code),
        "code": {name: sha256(path.read_bytes()) for name, path in sorted(_code(model).items())},
    }
    return sha256(json.dumps(made_from, sort_keys=True).encode())


def _code(model: str) -> dict[str, Path]:
    """Return the Python files that training `model` runs, by their path in the package."""
    shared, trainer = Path(petalstream.__path__[0]), Path(services.trainer.__path__[0])
    found = [path for folder in SHARED for path in (shared / folder).glob("*.py")]
    files = {f"petalstream/{path.relative_to(shared).as_posix()}": path for path in found}
    for path in trainer.rglob("*.py"):
        if path.parent != trainer / "models" or path.stem in (model, "__init__"):
            files[f"trainer/{path.relative_to(trainer).as_posix()}"] = path
    return files
