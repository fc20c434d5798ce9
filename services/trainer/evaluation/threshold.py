"""The probability from which on an estimator predicts a label, if it is not simply the likeliest one."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from petalstream.model.inference import last_step

DEFAULT = 0.5
Label = TypeVar("Label")


def find_threshold(estimator: Any, labels: Sequence[Label]) -> Mapping[Label, float]:
    """Return that of two `labels` which has a threshold of its probability, with it; nothing if there is none.

    A threshold of a decision function is none: its score is no probability.
    """
    last = last_step(estimator)
    if isinstance(last, TunedThresholdClassifierCV):
        threshold = float(last.best_threshold_)
        position = last._curve_scorer._get_pos_label()  # that of the scoring; no public attribute has it
    elif isinstance(last, FixedThresholdClassifier):
        threshold, position = DEFAULT if last.threshold == "auto" else float(last.threshold), last.pos_label
    else:
        return {}
    has_score = last.response_method == "decision_function" or not hasattr(last.estimator_, "predict_proba")
    return {} if has_score else {labels[1 if position is None else position]: threshold}
