"""What GUNICORN_CMD_ARGS changes: it works, has no effect, or is refused at the start."""

import subprocess
from pathlib import Path

import pytest
import requests

from embedded import ports
from embedded.demo import API
from embedded.processes import ROOT
from petalstream import settings as environment
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import long_except
from tests.load.client import BODY
from tests.load.raw import JSON, assert_others_are_served
from tests.lone_api import lone_api

WITHOUT_EFFECT = ["--threads 4", "--worker-connections 1", "--backlog 16"]


@pytest.mark.parametrize("arguments", long_except(WITHOUT_EFFECT[:1], WITHOUT_EFFECT))
def test_arguments_that_are_for_other_workers_have_no_effect(
    settings: Settings, iris: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
    with lone_api(settings.models_dir, tmp_path) as api:
        assert requests.get(f"{api.url}/ready", timeout=10).status_code == 200
        assert_others_are_served(api, arguments)


@pytest.mark.parametrize("arguments", ["--worker-class gthread", "--worker-class sync", "--preload"])
def test_arguments_that_the_api_cannot_run_with_are_refused_at_the_start(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
    own = {"models_dir": settings.models_dir, "api_port": ports.free_port(), "tmpdir": tmp_path}
    ended = subprocess.run(
        API, cwd=ROOT, env=environment.inherited(**own), capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode != 0
    assert "api: gunicorn's --worker-class and --preload cannot be changed" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_predictions_on_one_connection_with_tls(
    settings: Settings, iris: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*made.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("GUNICORN_CMD_ARGS", f"--certfile {certificate} --keyfile {key}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with lone_api(settings.models_dir, tmp_path, scheme="https") as api, requests.Session() as session:
        workers = api.workers()
        for _ in range(3):
            for body in (BODY, b"[%b,%b]" % (BODY, BODY), BODY + b" " * 100_000):
                answer = session.post(f"{api.url}/predict", data=body, headers=JSON, timeout=10)
                assert answer.status_code == 200
        assert api.workers() == workers
