"""From a model's CSV to its published bundle."""

import logging
from datetime import UTC, datetime

from petalstream import bundle
from petalstream.bundle import Bundle, BundleError, Manifest
from petalstream.settings import Settings
from services.trainer import dataset, evaluate, publish
from services.trainer.dataset import DataError
from services.trainer.definition import definition
from services.trainer.fingerprint import fingerprint, libraries
from services.trainer.search import search
from services.trainer.split import split

log = logging.getLogger(__name__)


class TooInaccurate(Exception):
    """A model that did not reach the accuracy that publication asks for."""

    def __init__(self, accuracy: float, floor: float) -> None:
        super().__init__(
            f"validation accuracy {accuracy:.3f} is below MIN_VALIDATION_ACCURACY {floor:g}; nothing was published"
        )


def up_to_date(settings: Settings, name: str) -> Bundle | None:
    """The served bundle, where it is intact and data, code, seed and library versions are those it was made from."""
    try:
        served = bundle.current(settings.models_dir, name)
        served.verify()
        data = dataset.read(settings.data_dir / definition(name).csv)
    except (BundleError, DataError):
        return None
    return served if served.manifest.fingerprint == fingerprint(name, data, settings.train_seed) else None


def train(settings: Settings, name: str) -> Bundle:
    """Train the model `name` and publish it. Raises DataError or TooInaccurate, and then nothing is published."""
    model = definition(name)
    path = settings.data_dir / model.csv
    content = dataset.read(path)
    samples = dataset.parse(content, path, model)
    parts = split(samples, settings.train_seed)
    sizes = [len(part.labels) for part in (parts.training, parts.validation, parts.test)]
    log.info("%s: %d training, %d validation and %d test samples from %s", name, *sizes, path)

    estimator, parameters = search(model, parts.training, settings.train_seed)
    figures = evaluate.metrics(estimator, parts.validation, parts.test, model.labels)
    chosen = ", ".join(f"{key.split('__')[-1]}={value}" for key, value in parameters.items())
    print(f"{name}: chosen {chosen}\n{evaluate.table(figures)}", flush=True)
    if figures["validation_accuracy"] < settings.min_validation_accuracy:
        raise TooInaccurate(figures["validation_accuracy"], settings.min_validation_accuracy)

    manifest = Manifest(
        model=name,
        version="",
        trained_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        fingerprint=fingerprint(name, content, settings.train_seed),
        features=tuple(model.features),
        target=model.target,
        labels=tuple(str(label) for label in estimator.classes_),
        parameters=parameters,
        metrics=figures,
        training=evaluate.training_distribution(parts.training, model),
        golden=tuple(evaluate.golden_rows(estimator, parts.test, model)),
        libraries=libraries(),
        files={},
    )
    return publish.publish(settings.models_dir, manifest, estimator, parts.test)
