"""GET /models/<name>/history, and what the api itself adds to a history."""

import json
import logging
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.history import log, reading
from petalstream.history.events import Mover
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.models import versions as opening
from services.api.models.history import History
from services.api.models.registry import Registry
from services.api.models.unloaded_models import UnloadedModels
from tests.histories import event, minute, write
from tests.versions import Versions

PAGE = {"Accept": "text/html"}
LOAD, UNLOAD = (f"/v2/repository/models/iris/{verb}" for verb in ("load", "unload"))
FIELDS = ["event", "version", "from", "to", "served", "moved_by", "reason"]
Start = Callable[[], FlaskClient]


@pytest.fixture
def start(versions: Versions, tmp_path: Path) -> Start:
    """Starts an api that may not write beside the models, as in the stack; each is one more run."""
    return lambda: create_app(
        Settings(models_dir=versions.models_dir, history_dir=str(tmp_path / "history"))
    ).test_client()


def history(client: FlaskClient, model: str = "iris") -> list[dict[str, Any]]:
    """The entries of the history, the newest first."""
    response = client.get(f"/models/{model}/history")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    content = response.get_json()
    assert list(content) == ["model", "history"]
    assert content["model"] == model
    assert all(list(entry) == FIELDS for entry in content["history"])
    return list(content["history"])


def told(client: FlaskClient) -> list[tuple[str, str | None, bool, str]]:
    """The entries as (event, version, whether it was served, reason)."""
    return [(each["event"], each["version"], each["served"], each["reason"]) for each in history(client)]


def refresh(client: FlaskClient) -> None:
    """Have the api look at the volume, as it does every second."""
    client.application.extensions["registry"].refresh()


def test_it_says_which_version_is_served_since_when_and_what_moved_it(
    versions: Versions, start: Start, iris: Bundle
) -> None:
    versions.publish(iris)
    versions.point("1")
    newest, second, first = history(start())
    assert (newest["event"], newest["version"], newest["moved_by"]) == ("rolled_back", "1", "rollback")
    assert (newest["served"], newest["to"]) == (True, None)
    assert (second["event"], second["version"], second["to"]) == ("trained", "2", newest["from"])
    assert (first["version"], first["moved_by"], first["to"]) == ("1", "training", second["from"])


def test_an_unloaded_model_still_has_its_history(start: Start, tmp_path: Path) -> None:
    client = start()
    for _ in range(2):
        assert client.post(UNLOAD).status_code == 200
    assert client.get("/models/iris").status_code == 503
    assert told(client) == [("unloaded", None, False, "a client asked for it"), ("trained", "1", True, "")]
    unloaded, trained = history(client)
    assert (unloaded["moved_by"], unloaded["to"], trained["to"]) == ("api", None, unloaded["from"])
    page = client.get("/models/iris/history", headers=PAGE)
    assert page.status_code == 200
    assert "No version is served since" in page.text
    for _ in range(2):
        assert client.post(LOAD).status_code == 200
    assert told(client)[0] == ("loaded", "1", True, "a client asked for it")
    assert len(history(client)) == 3
    assert (tmp_path / "history" / "iris" / log.HISTORY).read_bytes().count(b"\n") == 2


def test_a_restart_that_serves_an_unloaded_model_again_is_told_once(
    versions: Versions, start: Start, iris: Bundle
) -> None:
    start().post(UNLOAD)
    versions.publish(iris)
    for _ in range(2):
        assert told(start()) == [
            ("loaded", "2", True, "the api restarted"),
            ("trained", "2", False, ""),
            ("unloaded", None, False, "a client asked for it"),
            ("trained", "1", True, ""),
        ]


def spoil(bundle: Bundle) -> Callable[[], None]:
    """Empty the model's file; gives what mends it."""
    model = bundle.path / "model.joblib"
    content = model.read_bytes()
    model.write_bytes(b"")

    def mend() -> None:
        model.write_bytes(content)

    return mend


def test_a_refused_bundle_is_told_with_its_reason_until_it_is_mended(
    versions: Versions, start: Start, iris: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start()
    mend = spoil(versions.publish(iris))
    for _ in range(3):
        refresh(client)
    refused, published, before = history(client)
    assert (refused["event"], refused["version"], refused["moved_by"]) == ("refused", "2", "api")
    assert "model.joblib was altered" in refused["reason"]
    assert (refused["served"], refused["to"]) == (False, None)
    assert (published["version"], published["served"], published["to"]) == ("2", False, None)
    assert (before["version"], before["served"], before["to"]) == ("1", True, None)
    mend()
    monkeypatch.setattr(opening, "RETRY_SECONDS", 0.0)
    refresh(client)
    assert told(client)[0] == ("loaded", "2", True, "it can be opened now")
    assert len(history(client)) == 4


def test_a_refused_bundle_serves_nothing_after_a_restart(versions: Versions, start: Start, iris: Bundle) -> None:
    client = start()
    spoil(versions.publish(iris))
    refresh(client)
    for _ in range(2):
        again, refused, published, first = history(start())
    assert [each["event"] for each in (again, refused, published, first)] == [
        "refused",
        "refused",
        "trained",
        "trained",
    ]
    assert first["to"] == again["from"]
    assert not published["served"]


def test_a_pointer_that_names_no_version_is_refused_without_one_and_ends_with_its_repair(
    versions: Versions, start: Start
) -> None:
    client = start()
    (versions.models_dir / "iris" / "current").write_text("two\n")
    refresh(client)
    refused, served = history(client)
    assert (refused["event"], refused["version"], served["to"]) == ("refused", None, None)
    assert "must hold a version number" in refused["reason"]
    (versions.models_dir / "iris" / "current").write_text("1\n")
    refresh(client)
    assert told(client)[0] == ("loaded", "1", True, "it can be opened now")


def test_workers_of_one_api_write_each_event_once(versions: Versions, tmp_path: Path, iris: Bundle) -> None:
    def worker() -> Registry:
        unloaded = UnloadedModels(tmp_path / "unloaded")
        return Registry(versions.models_dir, unloaded, History(versions.models_dir, tmp_path / "history", "one run"))

    workers = [worker() for _ in range(4)]
    for each in workers:
        each.refresh()
    spoil(versions.publish(iris))
    for each in workers:
        each.refresh()
    versions.point("1")
    for each in workers:
        each.unload("iris")
    for each in workers:
        each.refresh()
    workers[2].load("iris")
    for each in workers:
        each.refresh()
    worker().refresh()  # one that replaces a worker that has ended
    kinds = [each.kind for each in log.read_events(tmp_path / "history", "iris")]
    assert kinds == ["refused", "unloaded", "loaded"]


def test_without_a_folder_of_its_own_the_api_writes_beside_the_models(versions: Versions) -> None:
    client = create_app(Settings(models_dir=versions.models_dir)).test_client()
    client.post(UNLOAD)
    assert [each.kind for each in log.read_events(versions.models_dir, "iris")] == ["trained", "unloaded"]
    assert [event for event, *_ in told(client)] == ["unloaded", "trained"]


def test_a_history_that_cannot_be_written_is_one_warning_and_stops_nothing(
    versions: Versions, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "history").write_text("no folder")
    registry = Registry(versions.models_dir, set(), History(versions.models_dir, tmp_path / "history"))
    with caplog.at_level(logging.WARNING):
        registry.refresh()
        for _ in range(3):
            registry.unload("iris")
            registry.load("iris")
    assert registry.find("iris").manifest.version == "1"
    assert sum("cannot be written" in message for message in caplog.messages) == 1


def test_a_history_that_cannot_be_read_is_503_with_the_reason(versions: Versions, start: Start) -> None:
    (versions.models_dir / "iris" / log.HISTORY).unlink()
    (versions.models_dir / "iris" / log.HISTORY).symlink_to("/etc/passwd")
    response = start().get("/models/iris/history")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "is a symbolic link, which is not followed" in response.get_json()["detail"]


@pytest.mark.parametrize("name", ["lily", "IRIS", "..", "iris.", "i" * 300])
def test_an_unknown_model_is_404(start: Start, name: str) -> None:
    response = start().get(f"/models/{name}/history")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert [error["reason"] for error in response.get_json()["errors"]] == ["unknown_model"]
    assert start().get(f"/models/{name}/history", headers=PAGE).mimetype == "text/html"


def test_a_refused_model_has_a_history_to_which_the_start_page_leads(
    versions: Versions, start: Start, iris: Bundle
) -> None:
    shutil.copytree(versions.models_dir / "iris", versions.models_dir / "rose")
    client = start()
    assert 'href="/models/rose/history"' in client.get("/", headers=PAGE).text
    assert history(client, "rose")[0]["event"] == "refused"


def test_the_last_thousand_entries_are_sent(versions: Versions, start: Start) -> None:
    published = [event(number, "trained", str(number + 1)) for number in range(1_100)]
    write(versions.models_dir, "iris", [*published, event(2_000, "rolled_back", "1")])
    entries = history(start())
    assert (len(entries), entries[0]["from"], entries[-1]["version"]) == (1_000, minute(2_000), "102")


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_the_page_shows_every_entry_and_escapes_what_a_reason_says(
    versions: Versions, start: Start, elements: Callable[[str], list[tuple[str, dict[str, str | None]]]]
) -> None:
    refusal = event(70, "refused", reason=HOSTILE, moved_by=Mover.TRAINING)
    write(versions.models_dir, "iris", [event(0, "trained", "2"), event(60, "rolled_back", "1"), refusal])
    text = start().get("/models/iris/history", headers=PAGE).text
    found = elements(text)
    assert "script" not in {tag for tag, _ in found}
    assert not [attributes for _, attributes in found if "style" in attributes or "onerror" in attributes]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert f'<time datetime="{minute(60)}">1 Nov 2025, 13:00:00</time>' in text
    assert '<span class="interval">1 hour</span>' in text
    assert text.count('<th scope="row">') == 3
    assert text.count('<rect class="part"') == 3
    assert "Version 1 is served since" in text


def test_the_chart_has_the_versions_that_were_served_last(versions: Versions, start: Start) -> None:
    published = [event(number, "trained", str(number + 1)) for number in range(20)]
    write(versions.models_dir, "iris", [*published, event(50, "rolled_back", "1")])
    chart = start().get("/models/iris/history", headers=PAGE).text.partition("What moved it")[0]
    shown = re.findall(r'class="name">Version (\d+)', chart)
    assert shown == ["1", *(str(number) for number in range(20, 9, -1))]
    assert "earlier ones are in the table" in chart


def test_a_model_without_a_history_has_a_page_that_says_so(versions: Versions, monkeypatch: pytest.MonkeyPatch) -> None:
    (versions.models_dir / "iris" / log.HISTORY).unlink()
    monkeypatch.setattr(reading, "SETTLED", timedelta(days=1))  # the trainer may be about to write it
    client = create_app(Settings(models_dir=versions.models_dir)).test_client()
    assert history(client) == []
    assert "Nothing is recorded yet" in client.get("/models/iris/history", headers=PAGE).text


def test_without_any_model_a_history_is_503(tmp_path: Path) -> None:
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    assert client.get("/models/iris/history").status_code == 503


def test_a_model_that_was_deleted_keeps_what_the_api_wrote(versions: Versions, start: Start) -> None:
    client = start()
    client.post(UNLOAD)
    shutil.rmtree(versions.models_dir / "iris")
    refresh(client)
    assert [event for event, *_ in told(client)] == ["unloaded"]


@pytest.mark.parametrize("path", ["", "/report", "/card", "/history"])
def test_the_pages_of_a_model_lead_to_its_history(start: Start, path: str) -> None:
    text = start().get(f"/models/iris{path}", headers=PAGE).text
    current = ' aria-current="page"' if path == "/history" else ""
    assert f'<a href="/models/iris/history"{current}>History</a>' in text


def test_a_format_that_is_not_offered_is_400(start: Start) -> None:
    client = start()
    assert client.get("/models/iris/history?format=xml").status_code == 400
    assert json.loads(client.get("/models/iris/history?format=json", headers=PAGE).text)["model"] == "iris"
