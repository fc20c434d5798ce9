"""A definition to try: its CSV, and what is to run it."""

from collections.abc import Callable
from dataclasses import dataclass

from services.trainer.definition import Definition

ONNX, SCIKIT_LEARN = "ONNX Runtime", "scikit-learn"


@dataclass(frozen=True)
class Case:
    """A `definition` with the content of its CSV, and what the api is to run it with."""

    content: Callable[[], bytes]
    definition: Definition
    runs_on: str = ONNX
