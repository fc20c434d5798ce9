"""Requests are served for names of this api alone, or a page could name itself as one (DNS rebinding)."""

import json

import pytest
from starlette.types import ASGIApp

from petalstream.model.bundle import Bundle
from petalstream.setting_types import Hosts, Origins
from petalstream.settings import Settings
from services.api.app import create_server
from tests.records import FLOWER
from tests.unit.api.asgi import receive
from tests.unit.api.asked import Asked

FOREIGN = [
    "evil.example",
    "evil.example:5000",
    "localhost.evil.example",
    "1.2.3.4.nip.io",
    "x",
    "localhost:evil.example",
    "a b.localhost",
    "evil.example,x.localhost",
    "[fe80::1%evil]",
    "evil.example@localhost",
    "localhost:999999",
]
ROW = json.dumps(FLOWER).encode()


@pytest.fixture(scope="module")
def api(settings: Settings, iris: Bundle) -> ASGIApp:
    return create_server(settings)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:5000",
        "localhost.",
        "petal.localhost:80",
        "api",
        "api:5000",
        "127.0.0.1:5000",
        "10.1.2.3",
        "[::1]",
        "[::1]:5000",
        "",
        None,
    ],
)
def test_addresses_and_own_names_are_served(api: ASGIApp, host: str | None) -> None:
    assert receive(api, Asked("/predict", ROW, {"Host": host}))[0] == 200


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/predict", "POST"),
        ("/", "GET"),
        ("/health", "GET"),
        ("/metrics", "GET"),
        ("/nowhere", "GET"),
        ("/v2/repository/models/iris/unload", "POST"),
        ("/predict", "OPTIONS"),
    ],
)
def test_any_other_name_is_400_on_every_path(api: ASGIApp, host: str, path: str, method: str) -> None:
    origin = {"Origin": f"http://{host}"}
    status, _, body = receive(api, Asked(path, b"{}", {"Host": host, **origin}, method=method))
    assert status == 400
    assert b"API_TRUSTED_HOSTS" in body


def test_the_consumer_gets_the_reason_to_wait(api: ASGIApp) -> None:
    _, _, body = receive(api, Asked("/predict", ROW, {"Host": "evil.example"}))
    assert [error["reason"] for error in json.loads(body)["errors"]] == ["unavailable"]


@pytest.mark.parametrize("names", ["evil.example", "other, Evil.Example", "*"])
def test_the_setting_names_others(settings: Settings, iris: Bundle, names: str) -> None:
    own = create_server(Settings(models_dir=settings.models_dir, api_trusted_hosts=Hosts(names)))
    assert receive(own, Asked("/predict", ROW, {"Host": "evil.example:80"}))[0] == 200


def test_a_preflight_request_from_an_allowed_origin_is_checked_too(settings: Settings, iris: Bundle) -> None:
    own = create_server(Settings(models_dir=settings.models_dir, api_cors_origins=Origins("https://a.example")))
    wanted = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    for host in FOREIGN:
        assert receive(own, Asked("/predict", b"", wanted | {"Host": host}, method="OPTIONS"))[0] == 400
    assert receive(own, Asked("/predict", b"", wanted | {"Host": "localhost"}, method="OPTIONS"))[0] == 200
