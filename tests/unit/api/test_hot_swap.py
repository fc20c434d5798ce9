"""What a worker serves while the models volume changes under it."""

import dataclasses
import json
import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.errors import NotReady, NotServed, UnknownModel
from services.api.models import versions as room
from services.api.models.registry import Registry
from services.api.models.unloaded_models import UnloadedModels
from tests.records import FLOWER
from tests.versions import Versions

Worker = Callable[[], Registry]


@pytest.fixture
def worker(versions: Versions, tmp_path: Path) -> Worker:
    """Makes the registry of one more worker, up to date."""

    def make() -> Registry:
        registry = Registry(versions.models_dir, UnloadedModels(tmp_path / "unloaded"))
        registry.refresh()
        return registry

    return make


def served(registry: Registry, version: str | None = None) -> tuple[str, float]:
    """The version that answers, and what it says of the flower."""
    (answer,) = registry.find("iris", version).scorer.predict([FLOWER]).as_rows()
    return answer["version"], answer["probabilities"]["setosa"]


def assert_serves(registry: Registry, versions: Versions, version: str, asked: str | None = None) -> None:
    """See that this version answers, with its own probability."""
    answers, says = served(registry, asked)
    assert answers == version
    assert says == pytest.approx(versions.says[version])


def test_a_new_version_is_taken_in(versions: Versions, worker: Worker, iris: Bundle) -> None:
    registry = worker()
    assert_serves(registry, versions, "1")
    versions.publish(iris)
    registry.refresh()
    assert_serves(registry, versions, "2")
    assert versions.says["1"] != pytest.approx(versions.says["2"])


def test_a_pointer_that_is_set_back_is_followed(versions: Versions, worker: Worker, iris: Bundle) -> None:
    versions.publish(iris)
    registry = worker()
    versions.point("1")
    registry.refresh()
    assert served(registry)[0] == "1"


def test_what_has_not_changed_is_not_opened_again(versions: Versions, worker: Worker) -> None:
    registry = worker()
    before = registry.find("iris")
    registry.refresh()
    assert registry.find("iris") is before


def test_a_version_that_was_published_anew_under_its_old_number_is_taken_in(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    registry = worker()
    shutil.rmtree(versions.models_dir / "iris")
    versions.publish(iris)
    registry.refresh()
    assert_serves(registry, versions, "1")


def publish_spoilt(versions: Versions, like: Bundle) -> Callable[[], None]:
    """Publish a version whose model file is empty then; gives what mends it."""
    model = versions.publish(like).path / "model.joblib"
    content = model.read_bytes()
    model.write_bytes(b"")

    def mend() -> None:
        model.write_bytes(content)

    return mend


def spoil_model(home: Path) -> str:
    (home / "2" / "model.joblib").write_bytes(b"")
    return "model.joblib was altered"


def spoil_golden_rows(home: Path) -> str:
    path = home / "2" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["golden"][0]["label"] = "virginica"
    path.write_text(json.dumps(manifest))
    return "for a golden row"


def spoil_library(home: Path) -> str:
    path = home / "2" / "manifest.json"
    path.write_text(path.read_text().replace('"scikit-learn": "', '"scikit-learn": "0.'))
    return "was made with scikit-learn 0."


def spoil_pointer(home: Path) -> str:
    (home / "current").write_text("two\n")
    return "must hold a version number, not 'two'"


def lose_version(home: Path) -> str:
    shutil.rmtree(home / "2")
    return "cannot be read"


def cut_manifest(home: Path) -> str:
    (home / "2" / "manifest.json").write_text('{"model": "iris"')
    return "is not a manifest"


@pytest.mark.parametrize(
    "spoil", [spoil_model, spoil_golden_rows, spoil_library, spoil_pointer, lose_version, cut_manifest]
)
def test_a_bad_bundle_leaves_the_former_version_serving_and_is_told_once(
    versions: Versions, worker: Worker, iris: Bundle, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], str]
) -> None:
    registry = worker()
    versions.publish(iris)
    reason = spoil(versions.models_dir / "iris")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            registry.refresh()
    assert_serves(registry, versions, "1")
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert told.startswith("iris is not reloaded: ")
    assert reason in told
    assert told.endswith("; version 1 goes on serving")
    assert reason in registry.refused["iris"]


def test_a_bad_bundle_that_is_mended_is_taken_in(
    versions: Versions, worker: Worker, iris: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = worker()
    mend = publish_spoilt(versions, iris)
    registry.refresh()
    mend()
    monkeypatch.setattr(room, "RETRY_SECONDS", 0.0)
    registry.refresh()
    assert served(registry)[0] == "2"
    assert registry.refused == {}


def test_a_removed_model_is_served_no_more_and_one_that_comes_is(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    registry = worker()
    home = versions.models_dir / "iris"
    home.rename(versions.models_dir.parent / "iris")
    registry.refresh()
    with pytest.raises(NotReady):
        registry.find("iris")
    (versions.models_dir.parent / "iris").rename(home)
    registry.refresh()
    assert served(registry)[0] == "1"


def test_a_volume_that_is_away_removes_nothing(versions: Versions, worker: Worker) -> None:
    registry = worker()
    versions.models_dir.rename(versions.models_dir.with_name("away"))
    registry.refresh()
    assert served(registry)[0] == "1"


def test_each_kept_version_can_be_addressed_and_says_what_it_said(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    for _ in range(2):
        versions.publish(iris)
    registry = worker()
    assert registry.versions("iris") == ["1", "2", "3"]
    for version in ("2", "1", "3", "1"):
        assert_serves(registry, versions, version, asked=version)
    assert served(registry)[0] == "3"


@pytest.mark.parametrize("version", ["3", "0", "01", "", "..", "../1", "1/", "current", "one", "²", "9" * 300])
def test_a_version_that_is_not_there_is_unknown(versions: Versions, worker: Worker, iris: Bundle, version: str) -> None:
    versions.publish(iris)
    with pytest.raises(UnknownModel, match=r"there is no version .* of iris; there are 1, 2"):
        worker().find("iris", version)


def test_an_older_version_that_is_spoilt_is_not_served_and_harms_no_other(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    versions.publish(iris)
    (versions.models_dir / "iris" / "1" / "model.joblib").write_bytes(b"")
    registry = worker()
    for _ in range(2):
        with pytest.raises(NotServed, match=r"version 1 of iris cannot be served: .*model\.joblib was altered"):
            registry.find("iris", "1")
    assert served(registry)[0] == "2"


def test_a_version_that_was_pruned_is_not_kept_in_memory(versions: Versions, worker: Worker, iris: Bundle) -> None:
    versions.publish(iris)
    registry = worker()
    served(registry, "1")
    versions.keep = 1
    versions.publish(iris)
    registry.refresh()
    with pytest.raises(UnknownModel):
        registry.find("iris", "1")


def test_an_unloaded_model_is_served_by_no_worker_until_one_loads_it(versions: Versions, worker: Worker) -> None:
    first, second = worker(), worker()
    first.unload("iris")
    for registry in (first, second):
        with pytest.raises(NotServed, match="it was unloaded"):
            registry.find("iris")
    second.refresh()
    assert second.served == {}
    first.load("iris")
    for registry in (first, second):
        assert served(registry)[0] == "1"


def test_what_somebody_had_unloaded_stays_so_in_a_new_worker(versions: Versions, worker: Worker) -> None:
    worker().unload("iris")
    assert worker().served == {}


def test_loading_takes_a_mended_bundle_in_at_once_and_says_why_a_bad_one_is_not(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    registry = worker()
    mend = publish_spoilt(versions, iris)
    with pytest.raises(NotServed, match=r"iris is not reloaded: .*model\.joblib was altered"):
        registry.load("iris")
    assert served(registry)[0] == "1"
    mend()
    registry.load("iris")
    assert served(registry)[0] == "2"


@pytest.mark.parametrize("name", ["rose", "..", ".", "", "iris/1", "IRIS", "i" * 300])
def test_what_is_no_model_can_be_neither_found_nor_loaded_nor_unloaded(worker: Worker, name: str) -> None:
    registry = worker()
    for act in (registry.find, registry.load, registry.unload, registry.versions):
        with pytest.raises(UnknownModel, match="there is no model"):
            act(name)


def test_the_index_has_every_version_and_says_why_one_is_not_in_memory(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    for _ in range(2):
        versions.publish(iris)
    (versions.models_dir / "iris" / "1" / "model.joblib").write_bytes(b"")
    registry = worker()
    with pytest.raises(NotServed):
        registry.find("iris", "1")
    states = {state.version: (state.ready, state.reason) for state in registry.index()}
    assert states["3"] == (True, "")
    assert states["2"] == (False, "not in memory: the first request that names it takes it in")
    assert states["1"][0] is False
    assert "model.joblib was altered" in states["1"][1]


def test_answers_agree_with_the_version_that_they_name_while_versions_change(
    versions: Versions, worker: Worker, iris: Bundle
) -> None:
    registry, stop = worker(), threading.Event()
    wrong: list[tuple[str, float]] = []

    def ask() -> None:
        while not stop.is_set():
            answers = registry.find("iris").scorer.predict([FLOWER] * 20).as_rows()
            told = {(answer["version"], answer["probabilities"]["setosa"]) for answer in answers}
            if len({version for version, _ in told}) != 1:
                wrong.extend(told)
            wrong.extend(each for each in told if each[1] != pytest.approx(versions.says[each[0]]))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(15):
            versions.publish(iris)
            registry.refresh()
    finally:
        stop.set()
        for thread in asking:
            thread.join(30)
    assert wrong == []
    assert served(registry)[0] == "16"


def test_a_page_of_the_new_version_follows_without_a_restart(
    versions: Versions, iris: Bundle, settings: Settings
) -> None:
    app = create_app(dataclasses.replace(settings, models_dir=versions.models_dir))
    client = app.test_client()
    versions.publish(iris)
    app.extensions["registry"].refresh()
    assert client.get("/ready").get_json()["models"] == {"iris": "2"}
    assert client.get("/models/iris").get_json()["version"] == "2"
    assert "Version</dt><dd" in client.get("/", headers={"Accept": "text/html"}).text
