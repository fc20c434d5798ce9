"""What a bundle was made from, as one digest: where it is unchanged, training again would give the same model."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import petalstream
from petalstream.bundle import UNPICKLED_BY, sha256

LIBRARIES = (*UNPICKLED_BY, "scipy", "matplotlib", "skl2onnx", "onnx", "onnxruntime")


def libraries() -> dict[str, str]:
    """The versions that a bundle depends on."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in LIBRARIES}}


def fingerprint(model: str, data: bytes, seed: int) -> str:
    """The digest of data, seed, library versions and code: the model's own file and what all models share."""
    trainer = Path(__file__).parent
    shared = [*Path(petalstream.__path__[0]).glob("*.py"), *trainer.glob("*.py"), *trainer.glob("report/*.py")]
    code = [*shared, trainer / "models" / f"{model}.py"]
    made_from = {
        "model": model,
        "data": sha256(data),
        "seed": seed,
        "libraries": libraries(),
        "code": {f"{path.parent.name}/{path.name}": sha256(path.read_bytes()) for path in sorted(code)},
    }
    return sha256(json.dumps(made_from, sort_keys=True).encode())
