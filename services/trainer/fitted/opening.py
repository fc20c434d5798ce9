"""Opens the model that a definition names as fitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from petalstream.model import own_code
from services.trainer.definition import Definition, Fitted
from services.trainer.fitted import estimators
from services.trainer.fitted.graphs.opening import open_graph
from services.trainer.fitted.graphs.opening import read_signature as read_signature_of_graph
from services.trainer.fitted.graphs.reading import opset_of, read_graph
from services.trainer.fitted.signature import Signature


@dataclass(frozen=True)
class OpenedModel:
    """The estimator, and the versions that it was made with; the graph that the api runs if the file was one."""

    estimator: Any
    graph: bytes | None
    made_with: Mapping[str, str]
    opset: int = 0


def read_signature(fitted: Fitted, content: bytes, name: str) -> Signature:
    """Return what a fitted model says of its inputs and labels. Raises FittedError, which calls it `name`."""
    if fitted.is_graph:
        return read_signature_of_graph(content, name)
    estimator, made_with = estimators.load(content, name, fitted.types)
    return estimators.signature_of(estimator, {**made_with, **fitted.made_with}, name)


def open_fitted(fitted: Fitted, content: bytes, definition: Definition, frame: Any) -> OpenedModel:
    """Return the model with the inputs and labels of its definition; `frame` has rows of it. Raises FittedError."""
    name = PurePosixPath(fitted.path).name
    if fitted.is_graph:
        made_with = {**read_signature_of_graph(content, name).made_with, **fitted.made_with}
        graph = open_graph(content, name, definition, frame)
        return OpenedModel(graph, graph.content, made_with, opset_of(read_graph(graph.content, name)))
    estimator, made_with = estimators.load(content, name, fitted.types)
    return OpenedModel(estimators.adapt(estimator, name, definition), None, {**made_with, **fitted.made_with})


def other_versions(made_with: Mapping[str, str]) -> list[str]:
    """Return each library that is installed here in another version than the model was made with, in words."""
    here = {name: own_code.installed(name) for name in made_with}
    return [
        f"{name} {version}, and here is {here[name]}"
        for name, version in made_with.items()
        if here[name] and here[name] != version
    ]
