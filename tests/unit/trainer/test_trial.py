"""A version that the api could not open is not published; the manifest says how much memory a version needs."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from lightgbm import LGBMClassifier

from petalstream.model import own_code
from petalstream.model.bundle import Bundle
from petalstream.model.manifest import BundleError
from petalstream.setting_types import Memory
from petalstream.settings import Settings
from services.trainer.definition import Definition
from services.trainer.models import load_definition
from services.trainer.publishing.memory_report import describe_memory
from services.trainer.publishing.trial import CannotBeServed
from services.trainer.training import train_definition
from tests.publications import names, publish_again
from tests.unit.trainer.own_estimator import OwnRegression

IRIS = load_definition("iris")
BOOSTED = LGBMClassifier(n_estimators=2, verbose=-1, n_jobs=1)
DATA = Path(__file__).parent.parent.parent.parent / "data"


def trained(folder: Path, **changes: Any) -> Bundle:
    """Train Iris with changes to its definition, and publish it in `folder`."""
    definition: Definition = dataclasses.replace(IRIS, grid={}, **changes)
    return train_definition(Settings(models_dir=folder, data_dir=DATA), "iris", definition)


@pytest.mark.parametrize(
    ("estimator", "module"), [(OwnRegression(max_iter=500), "tests"), (BOOSTED, "lightgbm")], ids=["own", "package"]
)
def test_what_the_api_has_no_module_for_is_not_published(tmp_path: Path, estimator: Any, module: str) -> None:
    with pytest.raises(CannotBeServed) as refused:
        trained(tmp_path, estimator=estimator)
    assert str(refused.value).startswith("the api could not open it, and nothing was published: ModuleNotFoundError:")
    assert f"the api has no module {module}" in str(refused.value)
    assert "in requirements=" in str(refused.value)
    assert names(tmp_path / "iris") == []


def test_a_package_that_is_required_is_published_with_its_version(tmp_path: Path) -> None:
    published = trained(tmp_path, estimator=BOOSTED, requirements=["lightgbm==4.7.0"]).manifest
    assert published.requirements == ("lightgbm==4.7.0",)
    assert published.onnx is None
    assert 50e6 < published.memory["api_bytes"] < 1e9


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"requirements": ("lightgbm==0.1",)}, "lightgbm==0.1 is needed, and 4.7.0 is installed"),
        ({"requirements": ("no-such-package==1.0",)}, "no-such-package==1.0 is needed, and no version is installed"),
        ({"code": {"gone.py": "0" * 64}}, "model_code/gone.py is not there"),
        ({"code": {"__init__.py": "0" * 64}}, "model_code/__init__.py is another one"),
    ],
)
def test_a_bundle_with_other_code_or_packages_is_not_opened(
    iris: Bundle, tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    bundle = publish_again(tmp_path, iris, **changes)
    with pytest.raises(BundleError) as refused:
        bundle.verify_servable()
    assert fault in str(refused.value)


def test_the_code_that_was_published_is_opened(iris: Bundle, tmp_path: Path) -> None:
    publish_again(tmp_path, iris, code=own_code.digests(["__init__.py"])).verify_servable()


@pytest.mark.parametrize(
    ("api", "trainer", "said"),
    [
        ("1g", "1g", []),
        ("249m", "1g", ["the api needs at least 100 MiB in each of 2 workers, and API_MEM_LIMIT is 249m"]),
        ("251m", "300m", ["the training took 300 MiB, and TRAINER_MEM_LIMIT is 300m"]),
    ],
)
def test_a_model_that_needs_more_memory_than_there_is_is_named(
    iris: Bundle, api: str, trainer: str, said: list[str]
) -> None:
    used = {"api_bytes": 100 * 2**20, "trainer_bytes": 300 * 2**20}
    limits = Settings(api_workers=2, api_mem_limit=Memory(api), trainer_mem_limit=Memory(trainer))
    found = list(describe_memory(dataclasses.replace(iris.manifest, memory=used), limits))
    assert [sentence.partition(": raise it")[0] for sentence in found] == said
