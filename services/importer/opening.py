"""From a pickle to a skops file: to data, which runs no code when it is opened."""

import io
import re
import warnings
from textwrap import shorten

import joblib
import sklearn
import skops.io
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

MAX_LENGTH = 300
_MISSING = (ModuleNotFoundError, AttributeError)
_VERSION = re.compile(rb"_sklearn_version[^0-9]{1,12}([0-9]+\.[0-9]+[0-9a-z.]*)")


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
        except Exception as error:  # whatever the pickle raises
            needs = "needs what is not installed here" if isinstance(error, _MISSING) else "cannot be opened"
            raise NotOpened(f"it {needs}{_of_version(content)}: {_reason(error)}") from error
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


def _of_version(content: bytes) -> str:
    """Return of which other version of scikit-learn a pickle is, if it says so; one that is compressed does not."""
    found = {each.decode() for each in _VERSION.findall(content)} - {sklearn.__version__}
    return f", as it is of scikit-learn {min(found)}" if found else ""


def _reason(error: Exception) -> str:
    return shorten(f"{type(error).__name__}: {error}", MAX_LENGTH)
