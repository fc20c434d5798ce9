"""What the api writes of a prediction, in each format: of a label in one module, of a number in another."""

from typing import Any

from petalstream.model.manifest import Manifest
from services.api.targets.label import LabelTarget
from services.api.targets.number import NumberTarget
from services.api.targets.target import Target

__all__ = ["Target", "target_of"]


def target_of(manifest: Manifest) -> Target[Any]:
    """Return the target of a model."""
    return NumberTarget(manifest) if manifest.predicts_numbers else LabelTarget(manifest)
