"""From the content of a skops file to an estimator, and to what it says of itself."""

import io
import warnings
import zipfile
from collections.abc import Sequence
from textwrap import shorten
from typing import Any

import skops.io
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import InconsistentVersionWarning

from petalstream.model.adapted import Adapted
from petalstream.model.inference import last_step
from services.trainer.definition import Definition
from services.trainer.definition.columns import label_text
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.labels import match_labels
from services.trainer.fitted.signature import Signature

SCHEMA = "schema.json"
MOST_FILES, MOST_BYTES = 100_000, 2**30
MAX_LENGTH = 200


def check_archive(content: bytes, name: str) -> None:
    """Raise FittedError unless the archive has what skops writes, and not more than a model may have."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FittedError(f"{name} is a broken ZIP archive: {error}") from error
    if SCHEMA not in {file.filename for file in files}:
        raise FittedError(f"{name} is a ZIP archive without {SCHEMA}, and so no skops file")
    if len(files) > MOST_FILES or (size := sum(file.file_size for file in files)) > MOST_BYTES:
        raise FittedError(f"{name} has {len(files):,} files of {size:,} bytes, and a model may have {MOST_BYTES:,}")


def untrusted_types(content: bytes, name: str) -> list[str]:
    """Return the types in a skops file that skops does not trust by itself, sorted. Raises FittedError."""
    check_archive(content, name)
    try:
        return sorted(skops.io.get_untrusted_types(data=content))
    except Exception as error:  # the file may say anything
        raise FittedError(f"{name} is no skops file: {_reason(error)}") from error


def load(content: bytes, name: str, types: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """Return the estimator of the skops file `name` and the version of scikit-learn that it was fitted with.

    There is no version if it is the one that is installed here. Raises FittedError for a type that is not among
    `types`, and for anything that is no fitted classifier or regressor.
    """
    if others := sorted(set(untrusted_types(content, name)) - set(types)):
        raise FittedError(f"{name} has types that nobody has confirmed: {', '.join(others)}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator = skops.io.loads(content, trusted=list(types))
        except Exception as error:  # the file may say anything
            raise FittedError(f"{name} cannot be opened: {_reason(error)}") from error
    if not hasattr(estimator, "predict") or not (_is(is_classifier, estimator) or _is(is_regressor, estimator)):
        raise FittedError(f"{name} has a {type(estimator).__name__}, and no classifier or regressor of scikit-learn")
    other = [each.message for each in caught if isinstance(each.message, InconsistentVersionWarning)]
    return estimator, {"scikit-learn": str(other[0].original_sklearn_version)} if other else {}


def signature_of(estimator: Any, made_with: dict[str, str], name: str) -> Signature:
    """Return what an estimator says of itself. Raises FittedError if it was not fitted."""
    names = getattr(estimator, "feature_names_in_", None)
    count = getattr(estimator, "n_features_in_", None)
    labels: list[str] = []
    if _is(is_classifier, estimator):
        classes = getattr(estimator, "classes_", None)
        if classes is None or getattr(classes, "ndim", 0) != 1:
            raise FittedError(f"{name} has a {type(estimator).__name__} that was not fitted to predict one label")
        labels = [label_text(each) for each in classes.tolist()]
    elif names is None and count is None:
        raise FittedError(f"{name} has a {type(estimator).__name__} that was not fitted")
    return Signature(None if names is None else list(map(str, names)), count, labels, made_with=made_with)


def adapt(estimator: Any, name: str, definition: Definition) -> Any:
    """Return the estimator with the inputs and labels of a definition. Raises FittedError if they are others."""
    signature, given = signature_of(estimator, {}, name), [feature.name for feature in definition.inputs]
    if bool(signature.labels) != bool(definition.labels):
        what = "labels" if signature.labels else "numbers"
        raise FittedError(f"{name} predicts {what}, and {definition.target_column} has none")
    if signature.names is not None and list(signature.names) != given:
        raise FittedError(f"{name} takes {', '.join(signature.names)}, and the definition has {', '.join(given)}")
    if signature.count not in (None, len(given)):
        raise FittedError(f"{name} takes {signature.count} columns, and the definition has {len(given)} inputs")
    positions = match_labels(estimator.classes_.tolist(), name, definition) if definition.labels else {}
    takes_matrix = signature.names is None
    has_positions = list(positions) == list(positions.values()) == list(range(len(positions)))
    if has_positions and not takes_matrix and hasattr(last_step(estimator), "classes_") == bool(positions):
        return estimator
    return Adapted(estimator, positions, takes_matrix)


def _is(kind: Any, estimator: Any) -> bool:
    try:
        return bool(kind(estimator))
    except Exception:  # of an object of any type
        return False


def _reason(error: Exception) -> str:
    return shorten(f"{type(error).__name__}: {error}", MAX_LENGTH)
