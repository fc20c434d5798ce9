"""A model that was fitted elsewhere, in place of an estimator and a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from services.trainer.definition.columns import is_list_of_texts
from services.trainer.definition.errors import DefinitionError

ONNX, SKOPS = ".onnx", ".skops"


@dataclass(frozen=True)
class Fitted:
    """A fitted model in the data folder: a graph (.onnx) or a scikit-learn estimator that skops saved (.skops).

    `types` are those that skops does not trust by itself and somebody has confirmed. `made_with` has the versions of
    the libraries that it was fitted with, as far as they are known and the file itself does not tell.
    """

    path: str
    types: Sequence[str] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise DefinitionError for a file of another kind, and for types or versions that are no texts."""
        suffixes = (ONNX, SKOPS)
        if not isinstance(self.path, str) or PurePosixPath(self.path).suffix not in suffixes:
            raise DefinitionError(
                f"Fitted needs the name of a file that ends with {' or '.join(suffixes)}, not {self.path!r}; `make"
                " import` makes one of joblib files and mlflow folders"
            )
        if not is_list_of_texts(self.types):
            raise DefinitionError(f"types of {self.path} must be a list of names, not {self.types!r}")
        versions = self.made_with
        if not isinstance(versions, Mapping) or not is_list_of_texts([*versions, *versions.values()]):
            raise DefinitionError(f"made_with of {self.path} must map packages to versions, not {versions!r}")

    @property
    def is_graph(self) -> bool:
        """Return whether it is an ONNX graph."""
        return PurePosixPath(self.path).suffix == ONNX
