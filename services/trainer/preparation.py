"""From the CSV of a model to what is fitted: the samples, and their parts."""

import logging
from collections.abc import Iterator

from petalstream.features import Number
from petalstream.settings import Settings
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.data.known_parts import read_known_parts
from services.trainer.data.prepared import Prepared
from services.trainer.data.split import KnownParts, Parts, split, unseen_parts
from services.trainer.data.units import check_copies
from services.trainer.definition import Definition
from services.trainer.evaluation.findings import find_all
from services.trainer.tasks import task_of

MIN_GROUPS = 10
log = logging.getLogger(__name__)


def prepare(settings: Settings, name: str, definition: Definition) -> Prepared:
    """Read the CSV and divide it: rows that the newest version of the model knows keep their part. Raises DataError."""
    path, seed = settings.data_dir / definition.file.path, settings.train_seed
    content = csv_reader.read(path)
    definition, samples = csv_reader.parse(content, path, definition)
    if definition.fitted:
        check_copies(samples.keys, definition)
        parts = unseen_parts(samples, not definition.labels, seed)
    else:
        parts = divide(samples, definition, seed, read_known_parts(settings.models_dir, name))
    sizes = [len(part) for part in (parts.training, parts.validation, parts.test)]
    log.info("%s: %d training, %d validation and %d test samples from %s", name, *sizes, path)
    findings = (*_left_out(samples, definition), *find_all(samples, definition, seed))
    return Prepared(name, definition, content, samples, parts, seed, findings)


def divide(samples: Dataset, definition: Definition, seed: int, known: KnownParts | None = None) -> Parts:
    """Return the parts of the samples.

    Raises DataError for many copies, and for groups or times that leave nothing to learn from.
    """
    check_copies(samples.keys, definition)
    group = definition.split.group
    if group and (count := len(set(samples.units.tolist()))) < MIN_GROUPS:
        raise DataError(f"{group} has {count} different values, and a split by groups needs {MIN_GROUPS} or more")
    parts = split(samples, task_of(definition).strata(samples), seed, known)
    for label in definition.labels:
        if label not in parts.training.texts:
            raise DataError(f"no row of the training part is {label}: its rows are of too few groups, or all late")
    if isinstance(definition.target, Number) and min(len(parts.validation), len(parts.test)) < 2:
        raise DataError("the groups are so large that a part of the data has no two rows")
    if not len(parts.validation) or not len(parts.test):
        raise DataError("the groups are so large that a part of the data has no row")
    return parts


def _left_out(samples: Dataset, definition: Definition) -> Iterator[str]:
    if samples.left_out:
        yield f"{samples.left_out} rows without {definition.target_column} are left out"
