"""The groups of samples that figures of inputs tell apart by colour."""

import numpy as np
from numpy.typing import NDArray

from petalstream.readable import readable
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition


def groups(dataset: Dataset, definition: Definition) -> tuple[list[str], NDArray[np.str_]]:
    """Return the names of the groups and the group of each sample: its label, or the third that its number is in."""
    if isinstance(definition.target, Classes):
        return list(definition.target.words.values()), dataset.texts
    low, high = np.quantile(dataset.targets, [1 / 3, 2 / 3])
    unit = definition.target.unit
    names = [f"up to {readable(low, unit)}", "between", f"above {readable(high, unit)}"]
    return names, np.array(names)[np.digitize(dataset.targets, [low, high], right=True)]
