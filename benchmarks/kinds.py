"""How long one row and many rows take of each kind of estimator: as a graph, and with scikit-learn itself."""

import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sklearn.base import clone

from benchmarks.bench import Bench, say
from benchmarks.results import Row
from petalstream.model.frames import to_frame
from petalstream.model.graph import Graph
from petalstream.model.inference import infer
from petalstream.model.inputs import Inputs
from services.trainer.conversion import onnx_model
from services.trainer.data import csv_reader
from tests.integration.definitions.all_cases import CASES
from tests.integration.definitions.case import ONNX, SCIKIT_LEARN, Case

MANY, ROUNDS, LEAST_SECONDS = 500, 5, 0.05


def measure(bench: Bench) -> Iterator[Row]:
    """Each kind in turn; only in the api's own process, without HTTP."""
    for name, case in CASES.items():
        say(f"kinds: {name}")
        inputs, runs = _prepared(case)
        for count in (1, MANY):
            rows = inputs.repeated(count)
            measured = {engine: _milliseconds(run, rows) for engine, run in runs.items()}
            what = f"{name}, {count} {'row' if count == 1 else 'rows'}"
            yield Row(f"kind {name} {count}", "kinds", what, "ms", measured)


def _prepared(case: Case) -> tuple[Inputs, dict[str, Callable[[Inputs], Any]]]:
    """Samples, and a function for each engine that can run it."""
    definition, samples = csv_reader.parse(case.content(), Path("kinds.csv"), case.definition)
    estimator, features = clone(case.definition.estimator), definition.inputs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(samples.frame, samples.targets)
        runs: dict[str, Callable[[Inputs], Any]] = {
            SCIKIT_LEARN: lambda inputs: infer(estimator, to_frame(features, inputs), len(definition.labels))
        }
        if case.runs_on == ONNX:
            graph = Graph(onnx_model.convert(estimator, features))
            runs = {ONNX: lambda inputs: graph.infer(inputs.matrix), **runs}
    return samples.inputs, runs


def _milliseconds(run: Callable[[Inputs], Any], rows: Inputs) -> list[float]:
    """The time of a call, in each of some rounds of as many calls as take a while."""
    run(rows)
    found = []
    for _ in range(ROUNDS):
        calls, began = 0, time.perf_counter()
        while (seconds := time.perf_counter() - began) < LEAST_SECONDS:
            run(rows)
            calls += 1
        found.append(seconds / calls * 1000)
    return found
