"""What every kind of target can write."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

from petalstream.json_schema import Schema
from petalstream.model.manifest import Manifest
from petalstream.model.outputs import Output

# From a list or array with a value for each valid row to one for each row, null for an invalid one.
WithNulls = Callable[[Any], Any]
PREDICT = "predict"


class Target(ABC, Generic[Output]):
    """What a model predicts. An output is one of this model."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    @abstractmethod
    def empty_output(self) -> Output:
        """Return the output for no rows."""

    @abstractmethod
    def rows(self, output: Output) -> list[dict[str, Any]]:
        """Return for each row the fields of its prediction in JSON."""

    @abstractmethod
    def columns(self, output: Output, with_nulls: WithNulls) -> dict[str, Any]:
        """Return the fields of all predictions in columns."""

    @abstractmethod
    def tensors(self, output: Output) -> Mapping[str, Any]:
        """Return the data of each output tensor by name: a list of texts, or a flat array."""

    @abstractmethod
    def describe_tensors(self) -> Mapping[str, dict[str, Any]]:
        """Return the metadata of each output tensor by name."""

    @abstractmethod
    def tensor_schemas(self) -> Mapping[str, Schema]:
        """Return the JSON Schema of an element of each output tensor."""

    @abstractmethod
    def csv_columns(self) -> Sequence[str]:
        """Return the names of the columns of a prediction in CSV."""

    @abstractmethod
    def csv_cells(self, prediction: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the cells of a prediction, one of `rows`, by the names of the columns."""

    @abstractmethod
    def row_schema(self) -> Mapping[str, Schema]:
        """Return the JSON Schema of each of the fields that `rows` gives."""

    @abstractmethod
    def columns_schema(self) -> Mapping[str, Schema]:
        """Return the JSON Schema of each of the fields that `columns` gives."""
