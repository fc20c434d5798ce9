"""Finds the published bundles of a model that training need not replace."""

from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.model.manifest import BundleError
from petalstream.settings import Settings
from services.trainer.data import csv_reader
from services.trainer.data.faults import DataError
from services.trainer.definition import DefinitionError
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.files import read_fitted
from services.trainer.models import load_definition
from services.trainer.publishing.fingerprint import compute_fingerprint
from services.trainer.publishing.versions import locked


def find_servable(settings: Settings, name: str) -> Bundle | None:
    """Return the bundle that `current` names if it is intact and an api with the installed libraries can open it."""
    try:
        served = bundle.current(settings.models_dir, name)
        served.verify_servable()
    except BundleError:
        return None
    return served


def find_up_to_date(settings: Settings, name: str) -> Bundle | None:
    """Return the newest or the served bundle if its data, code, seed and libraries are the ones that are here now.

    The two differ after a rollback. Returns None if neither is up to date or the served one cannot be served. Raises
    TimeoutError.
    """
    home = settings.models_dir / name
    try:
        definition = load_definition(name)
        data = csv_reader.read(settings.data_dir / definition.file.path) + read_fitted(settings.data_dir, definition)
    except (DataError, DefinitionError, FittedError):
        return None
    if not home.is_dir():
        return None
    with locked(home):
        if not (served := find_servable(settings, name)):
            return None
        newest = _newest(settings, name)
    now = compute_fingerprint(name, data, settings.train_seed, definition)
    return next((found for found in (newest, served) if found and found.manifest.fingerprint == now), None)


def _newest(settings: Settings, name: str) -> Bundle | None:
    try:
        return Bundle.at(settings.models_dir / name / bundle.versions(settings.models_dir, name)[-1])
    except BundleError:
        return None
