"""What training finds, and publishing takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.trainer.conversion.comparison import ConvertedModel
from services.trainer.fitting.grid_search import SearchScores
from services.trainer.publishing.description import Trained


@dataclass(frozen=True)
class Candidate:
    """What is to be served, its metrics, the scores that chose its parameters, and the graph that it already is."""

    trained: Trained
    metrics: Mapping[str, Any]
    scores: Sequence[SearchScores] = ()
    graph: ConvertedModel | None = None
