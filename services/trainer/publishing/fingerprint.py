"""One digest of all that a bundle is made from: if it is unchanged, training would give the same model."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import petalstream
import services.trainer
from petalstream.bundle import UNPICKLED_BY, sha256

LIBRARIES = (*UNPICKLED_BY, "scipy", "matplotlib", "skl2onnx", "onnx", "onnxruntime")


def library_versions() -> dict[str, str]:
    """Return the versions that a bundle depends on, by name: of Python (major.minor) and of the libraries."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in LIBRARIES}}


def compute_fingerprint(model: str, data: bytes, seed: int) -> str:
    """Return the digest of data, seed, library versions and code: the trainer's, without the files of other models."""
    made_from = {
        "model": model,
        "data": sha256(data),
        "seed": seed,
        "libraries": library_versions(),
        "code": {name: sha256(path.read_bytes()) for name, path in sorted(_code(model).items())},
    }
    return sha256(json.dumps(made_from, sort_keys=True).encode())


def _code(model: str) -> dict[str, Path]:
    """Return the Python files that training `model` runs, by their path in the package."""
    shared, trainer = Path(petalstream.__path__[0]), Path(services.trainer.__path__[0])
    files = {f"petalstream/{path.name}": path for path in shared.glob("*.py")}
    for path in trainer.rglob("*.py"):
        if path.parent != trainer / "models" or path.stem in (model, "__init__"):
            files[f"trainer/{path.relative_to(trainer).as_posix()}"] = path
    return files
