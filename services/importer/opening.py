"""From a pickle to a skops file: to data, which runs no code when it is opened."""

import io
import warnings
from textwrap import shorten

import joblib
import skops.io
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

MAX_LENGTH = 300


class NotOpened(Exception):
    """A pickle that is no estimator, or cannot be opened or handed on; the message says why."""


def open_pickle(content: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the pickled estimator as a skops file, and the other version of scikit-learn that it was fitted with.

    This runs whatever code is in the pickle. Raises NotOpened.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = joblib.load(io.BytesIO(content))
        except (ModuleNotFoundError, AttributeError) as error:
            raise NotOpened(f"it needs what is not installed here: {_reason(error)}") from error
        except Exception as error:  # whatever the pickle raises
            raise NotOpened(f"it cannot be opened{_of_version(caught)}: {_reason(error)}") from error
    if not isinstance(found, BaseEstimator):
        raise NotOpened(f"it holds a {type(found).__name__}, and no estimator of scikit-learn")
    try:
        saved = skops.io.dumps(found)
    except Exception as error:  # whatever skops raises of an object that it does not know
        raise NotOpened(
            f"skops cannot save what is in it as data: {_reason(error)}; convert the model to ONNX where it was fitted"
        ) from error
    return saved, _versions(caught)


def _versions(caught: list[warnings.WarningMessage]) -> dict[str, str]:
    found = [each.message for each in caught if isinstance(each.message, InconsistentVersionWarning)]
    return {"scikit-learn": str(found[0].original_sklearn_version)} if found else {}


def _of_version(caught: list[warnings.WarningMessage]) -> str:
    return "".join(f", as it is of {name} {version}" for name, version in _versions(caught).items())


def _reason(error: Exception) -> str:
    return shorten(f"{type(error).__name__}: {error}", MAX_LENGTH)
