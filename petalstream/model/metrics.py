"""The metrics that a manifest has of the test part: their names in words, their units, and which value is best."""

from collections.abc import Mapping
from dataclasses import dataclass

from petalstream.readable import readable

# As many as the errors of small parts are good for.
DIGITS = 3


@dataclass(frozen=True)
class Metric:
    """A metric of predictions; `best` is its value where all predictions are right."""

    title: str
    best: int
    is_share: bool = False
    has_unit: bool = False

    def format(self, value: float, unit: str = "") -> str:
        """Return a value as a percentage, in `unit`, the target's, or with three decimals."""
        if self.is_share:
            return f"{value:.1%}"
        return readable(value, unit, DIGITS) if self.has_unit else f"{value:.3f}"

    def format_interval(self, estimate: Mapping[str, float], unit: str = "") -> str:
        """Return the interval of an estimate, from its `lower` to its `upper` end."""
        return f"{self.format(estimate['lower'])} to {self.format(estimate['upper'], unit)}"


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("Accuracy", 1, is_share=True),
    "balanced_accuracy": Metric("Balanced accuracy", 1, is_share=True),
    "roc_auc": Metric("Area under the ROC curve", 1),
    "average_precision": Metric("Average precision", 1),
    "log_loss": Metric("Log loss", 0),
    "brier_score": Metric("Brier score", 0),
    "matthews_correlation": Metric("Matthews correlation", 1),
    "mean_absolute_error": Metric("Mean absolute error", 0, has_unit=True),
    "root_mean_squared_error": Metric("Root mean squared error", 0, has_unit=True),
    "r2": Metric("R²", 1),
}
