"""Made-up samples as the CSV reader would give them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.model.frames import to_frame
from petalstream.model.inputs import Inputs
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition


def make_dataset(definition: Definition, matrix: NDArray[np.float64], targets: NDArray[Any]) -> Dataset:
    """Return samples with these inputs, encoded already, and these targets: positions of labels, or numbers."""
    inputs = Inputs(matrix)
    return Dataset(
        matrix.astype(object),
        inputs,
        to_frame(definition.inputs, inputs),
        targets.astype(np.int64 if definition.labels else np.float64),
        np.array(definition.labels)[targets] if definition.labels else targets.astype(str),
        np.arange(len(targets)),
        np.arange(len(targets)).astype(str),
        np.arange(len(targets)),
    )
