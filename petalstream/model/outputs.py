"""What a model predicts for several rows: labels, or numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassOutput:
    """The labels of n rows; a label is its position among the model's labels.

    `classes` has shape (n,), `probabilities` (n, labels), or (n, 0) if the model gives none, and `votes` (n, voters),
    or is None if the model is no vote.
    """

    classes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    votes: NDArray[np.int64] | None


@dataclass(frozen=True)
class NumberOutput:
    """The numbers of n rows, of shape (n,), in the unit of the target."""

    numbers: NDArray[np.float64]


ModelOutput = ClassOutput | NumberOutput
Output = TypeVar("Output", ClassOutput, NumberOutput)


def concatenate(outputs: Sequence[ModelOutput]) -> ModelOutput:
    """Return one output with the rows of all, which are of one model."""
    first, *others = outputs
    if not others:
        return first
    columns = {field.name: [getattr(output, field.name) for output in outputs] for field in fields(first)}
    joined: dict[str, Any] = {
        name: None if parts[0] is None else np.concatenate(parts) for name, parts in columns.items()
    }
    return type(first)(**joined)


def require_finite(found: NDArray[np.float64], what: str) -> None:
    """Raise ValueError if one of the numbers, each of them a `what`, is NaN or infinite."""
    if not np.isfinite(found).all():
        raise ValueError(f"the model gives a {what} that is NaN or infinite")
