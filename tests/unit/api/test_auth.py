"""API keys: who may ask for what, where a file of keys is named."""

import base64
import dataclasses
from collections.abc import Callable
from functools import cache

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.settings import Parts, Settings
from services.api.app import create_app
from tests.records import FLOWER

KEYS = ("first-key", "second+key/=")
PAGE = {"Accept": "text/html"}
Ask = Callable[..., FlaskClient]


@pytest.fixture(scope="module")
def guarded(settings: Settings, iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A client of an api that asks for one of two keys, but for its open parts."""
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("# of the tests\n" + "\n".join(KEYS) + "\n")

    @cache
    def make(open_parts: str = "health,metrics") -> FlaskClient:
        return create_app(dataclasses.replace(settings, api_keys=str(path), api_open=Parts(open_parts))).test_client()

    return make


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": f"Bearer {key}"} for key in KEYS]
    + [{"X-API-Key": key} for key in KEYS]
    + [{"Authorization": basic(key)} for key in KEYS]
    # Beside another credential, which may be a proxy's.
    + [
        {"Authorization": other, "X-API-Key": KEYS[0]}
        for other in (basic("proxy"), "Bearer proxy", "Digest proxy", "x")
    ]
    + [{"Authorization": f"Bearer {KEYS[0]}", "X-API-Key": "proxy"}],
)
def test_whoever_brings_a_key_is_answered(guarded: Ask, headers: dict[str, str]) -> None:
    assert guarded().post("/predict", json=FLOWER, headers=headers).get_json()["label"] == "setosa"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer first-ke"},
        {"Authorization": "Bearer first-key2"},
        {"Authorization": "Bearer # of the tests"},
        {"Authorization": "Bearer \xff\udcff".encode("latin-1", "replace").decode("latin-1")},
        {"Authorization": "first-key"},
        {"Authorization": "Digest first-key"},
        {"Authorization": "Basic !"},
        {"Authorization": basic("wrong")},
        {"X-API-Key": ""},
        {"X-API-Key": "FIRST-KEY"},
        {"Authorization": basic("wrong"), "X-API-Key": "wrong"},
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/models/iris/predict", "/models", "/nowhere", "/v2/nowhere"])
def test_whoever_brings_none_is_told_how_to(guarded: Ask, headers: dict[str, str], path: str) -> None:
    answer = guarded().post(path, json=FLOWER, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
    said = answer.get_json()
    assert "a valid API key is needed" in said.get("detail", said.get("error"))


def test_a_browser_is_told_to_ask_its_user(guarded: Ask) -> None:
    answer = guarded().get("/", headers=PAGE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert guarded().get("/", headers=PAGE | {"Authorization": basic(KEYS[0])}).status_code == 200


ASKED = {
    "pages": [("GET", "/"), ("GET", "/models/iris"), ("GET", "/static/style.css"), ("POST", "/models/iris/predict")],
    "health": [("GET", "/health"), ("GET", "/ready")],
    "metrics": [("GET", "/metrics")],
}


@pytest.mark.parametrize("parts", ["none", "pages", "health", "metrics", "pages,health,metrics"])
def test_just_the_open_parts_ask_for_no_key(guarded: Ask, parts: str) -> None:
    client = guarded(parts)
    for part, requests in ASKED.items():
        for method, path in requests:
            form = FLOWER if method == "POST" else None
            with client.open(path, method=method, data=form, headers=PAGE) as answer:
                assert answer.status_code == (200 if part in parts else 401), path
    assert client.post("/models/iris/predict", json=FLOWER).status_code == 401


def test_without_keys_nothing_is_asked_for(client: FlaskClient) -> None:
    assert client.get("/models").status_code == 200
