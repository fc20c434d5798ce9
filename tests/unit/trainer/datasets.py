"""Made-up samples as the CSV reader would give them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.model.frames import to_frame
from petalstream.model.inputs import Inputs
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition


def make_dataset(definition: Definition, matrix: NDArray[np.float64], codes: NDArray[Any]) -> Dataset:
    """Return samples with these inputs, encoded already, and these positions of labels, a line of the CSV for each."""
    inputs = Inputs(matrix)
    return Dataset(
        matrix.astype(object),
        inputs,
        to_frame(definition.inputs, inputs),
        codes.astype(np.int64),
        np.array(definition.labels)[codes],
        np.arange(len(codes)),
    )
