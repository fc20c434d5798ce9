"""Metrics and their values in sentences."""

from petalstream.features import Number
from petalstream.model.metrics import DIGITS
from petalstream.readable import readable
from services.trainer.definition import Definition
from services.trainer.definition.scores import measure

IN_UNIT = ("mean_absolute_error", "median_absolute_error", "root_mean_squared_error", "max_error")


def name_of(metric: str) -> str:
    """Return what a score of scikit-learn measures, as words: neg_mean_absolute_error is mean absolute error."""
    return measure(metric)[0].replace("_", " ")


def write_value(value: float, metric: str, definition: Definition) -> str:
    """Return a value of what the score measures, in the unit of the target if it has that one."""
    if not isinstance(definition.target, Number):
        return f"{value:.3f}"
    return readable(value, definition.target.unit if measure(metric)[0] in IN_UNIT else "", DIGITS)
