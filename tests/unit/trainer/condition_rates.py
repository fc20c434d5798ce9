"""How often models pass the conditions of publication, by simulation: `python -m tests.unit.trainer.condition_rates`.

The predictions are drawn at random, and the trainer's own functions decide on them. The table is in docs/models.md.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.linear_model import LinearRegression, LogisticRegression

from petalstream.features import Number
from services.trainer.conditions.deciding import decide
from services.trainer.conditions.served_comparison import decide_no_worse
from services.trainer.data.dataset import Dataset
from services.trainer.definition import BetterThanBaseline, Classes, Condition, Definition, Floor, NoWorseThanServed
from tests.unit.trainer.datasets import make_dataset

ROWS, MODELS = (30, 100, 300, 1000), 1000
# A bootstrap takes a second or two.
FEW_MODELS = 40
LABELS = Definition("", [Number("predicted")], Classes("true", ["no", "yes"], "yes"), LogisticRegression())
ALIKE = replace(LABELS, scoring="balanced_accuracy")
NUMBERS = Definition("", [Number("predicted")], Number("true"), LinearRegression())
Drawn = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Draw = Callable[[np.random.Generator, int], Drawn]


class Echo:
    """Predicts what its only input says."""

    def predict(self, frame: Any) -> Any:
        """Return the input."""
        return frame["predicted"].to_numpy()


class EchoOfProbability:
    """Predicts yes with the probability that its only input says."""

    classes_ = (0, 1)

    def predict(self, frame: Any) -> Any:
        """Return the likelier label."""
        return (frame["predicted"].to_numpy() > 0.5).astype(int)

    def predict_proba(self, frame: Any) -> Any:
        """Return the probabilities of no and yes."""
        probability = frame["predicted"].to_numpy()
        return np.column_stack([1 - probability, probability])


@dataclass(frozen=True)
class Case:
    """A kind of model: how its true targets, its predictions and those of the served version are drawn."""

    words: str
    definition: Definition
    condition: Condition
    draw: Draw
    models: int = MODELS
    estimator: type = Echo


def labels(rates: Sequence[float], share: float = 0.5, served: Sequence[float] = (1.0, 1.0)) -> Draw:
    """Draw labels of which `share` are yes, and predictions that are right at these rates, of no and of yes."""

    def draw(random: np.random.Generator, rows: int) -> Drawn:
        true = (np.arange(rows) < round(share * rows)).astype(int)
        wrong, was_wrong = (random.random(rows) >= np.take(each, true) for each in (rates, served))
        return true, true ^ wrong, true ^ was_wrong

    return draw


def numbers(error: float, served: float = 1.0, spread: float = 1.0) -> Draw:
    """Draw numbers, and predictions with normal errors of these mean sizes."""

    def draw(random: np.random.Generator, rows: int) -> Drawn:
        true = spread * random.standard_normal(rows)
        size = np.sqrt(np.pi / 2)
        return true, *(true + each * size * random.standard_normal(rows) for each in (error, served))

    return draw


def guesses(random: np.random.Generator, rows: int) -> Drawn:
    """Draw numbers, and predictions near their mean that have nothing to do with them."""
    true = random.standard_normal(rows)
    return true, 0.2 * random.standard_normal(rows), true


def probabilities(area: float, share: float) -> Draw:
    """Draw labels of which `share` are yes, and probabilities with this area under the ROC curve."""
    distance = float(norm.ppf(area)) * np.sqrt(2)

    def draw(random: np.random.Generator, rows: int) -> Drawn:
        true = (np.arange(rows) < round(share * rows)).astype(int)
        return true, norm.cdf(random.standard_normal(rows) + distance * (true - 0.5)), true

    return draw


ACCURACY, BALANCED, ERROR = (
    Floor("accuracy", 0.9),
    Floor("balanced_accuracy", 0.9),
    Floor("neg_mean_absolute_error", -1),
)
BASELINE, SERVED = BetterThanBaseline(), NoWorseThanServed()
CASES = (
    Case("accuracy 0.85", LABELS, ACCURACY, labels((0.85, 0.85))),
    Case("accuracy 0.90", LABELS, ACCURACY, labels((0.9, 0.9))),
    Case("accuracy 0.95", LABELS, ACCURACY, labels((0.95, 0.95))),
    Case("accuracy 0.98", LABELS, ACCURACY, labels((0.98, 0.98))),
    Case("balanced accuracy 0.85, three of ten rows are yes", LABELS, BALANCED, labels((0.85, 0.85), 0.3)),
    Case("balanced accuracy 0.95, three of ten rows are yes", LABELS, BALANCED, labels((0.95, 0.95), 0.3)),
    Case("mean absolute error 1", NUMBERS, ERROR, numbers(1.0)),
    Case("mean absolute error 0.8", NUMBERS, ERROR, numbers(0.8)),
    Case("guesses at random, half of the rows are yes", LABELS, BASELINE, labels((0.5, 0.5))),
    Case("accuracy 0.7, three of ten rows are yes", LABELS, BASELINE, labels((0.7, 0.7), 0.3)),
    Case("accuracy 0.85, three of ten rows are yes", LABELS, BASELINE, labels((0.85, 0.85), 0.3)),
    Case("guesses at random, scoring balanced accuracy, one of ten is yes", ALIKE, BASELINE, labels((0.8, 0.2), 0.1)),
    Case("balanced accuracy 0.8, scoring that, one of ten is yes", ALIKE, BASELINE, labels((0.8, 0.8), 0.1)),
    Case("numbers that tell nothing", NUMBERS, BASELINE, guesses),
    Case("numbers with errors of half the mean's", NUMBERS, BASELINE, numbers(0.4)),
    Case("accuracy 0.9, served 0.9", LABELS, SERVED, labels((0.9, 0.9), served=(0.9, 0.9))),
    Case("accuracy 0.8, served 0.9", LABELS, SERVED, labels((0.8, 0.8), served=(0.9, 0.9))),
    Case("accuracy 0.6, served 0.9", LABELS, SERVED, labels((0.6, 0.6), served=(0.9, 0.9))),
    Case("balanced accuracy 0.8, served 0.8", ALIKE, SERVED, labels((0.8, 0.8), 0.3, (0.8, 0.8))),
    Case("mean absolute error 1, served 1", NUMBERS, SERVED, numbers(1.0, 1.0)),
    Case("mean absolute error 1.3, served 1", NUMBERS, SERVED, numbers(1.3, 1.0)),
    Case(
        "area 0.85, three of ten rows are yes",
        LABELS,
        Floor("roc_auc", 0.9),
        probabilities(0.85, 0.3),
        FEW_MODELS,
        EchoOfProbability,
    ),
)


def passes(case: Case, rows: int, models: int, seed: int = 0) -> float:
    """Return the share of simulated models that pass the case's condition on so many rows."""
    random = np.random.default_rng(seed)
    definition = replace(case.definition, publish_if=[case.condition])
    return sum(_passes(case, definition, random, rows) for _ in range(models)) / models


def _passes(case: Case, definition: Definition, random: np.random.Generator, rows: int) -> bool:
    def samples(count: int) -> tuple[Dataset, NDArray[Any]]:
        true, predicted, others = case.draw(random, count)
        return make_dataset(definition, predicted[:, np.newaxis].astype(float), true), others

    held_out, others = samples(rows)
    if isinstance(case.condition, NoWorseThanServed):
        return decide_no_worse(definition, "1", case.estimator(), held_out, others).passed
    training, _ = samples(3 * rows)
    (decision,) = decide(definition, 0.0, case.estimator(), training, held_out, seed=0)
    return decision.passed


def table(cases: Sequence[Case]) -> Iterator[str]:
    """Yield the lines of a table with the share of models that pass, by case and number of rows."""
    yield f"| condition | model | {' | '.join(f'{rows:,} rows' for rows in ROWS)} |"
    yield f"| --- | --- | {' | '.join('---' for _ in ROWS)} |"
    for case in cases:
        shares = (f"{passes(case, rows, case.models):.1%}" for rows in ROWS)
        yield f"| `{case.condition}` | {case.words} | {' | '.join(shares)} |"


if __name__ == "__main__":
    for line in table(CASES):
        print(line, flush=True)
