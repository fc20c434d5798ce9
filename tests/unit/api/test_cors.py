"""The CORS headers of responses from the event loop, from threads and to preflight requests."""

import dataclasses
import json
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from petalstream import settings
from petalstream.model.bundle import Bundle
from petalstream.setting_types import Origins
from petalstream.settings import SettingError, Settings
from services.api.app import create_server
from tests.records import FLOWER
from tests.unit.api.asgi import receive, receive_all
from tests.unit.api.asked import Asked

ORIGIN, OTHER = "https://a.example", "https://b.example"
ROW = json.dumps(FLOWER).encode()
REQUESTS = {
    "the event loop": Asked("/predict", ROW, {"Origin": ORIGIN}),
    "a page": Asked("/models", b"", {"Origin": ORIGIN}, method="GET"),
    "a probe": Asked("/health", b"", {"Origin": ORIGIN}, method="GET"),
    "an error": Asked("/predict", b"{", {"Origin": ORIGIN}),
    "an unknown path": Asked("/nowhere", b"", {"Origin": ORIGIN}, method="GET"),
}


def lowered(headers: list[tuple[str, str]]) -> dict[str, str]:
    """The headers by their names in small letters."""
    return {name.lower(): value for name, value in headers}


@pytest.fixture(scope="module")
def api(settings: Settings, iris: Bundle) -> ASGIApp:
    """An api that lets scripts of one origin read its responses."""
    return create_server(Settings(models_dir=settings.models_dir, api_cors_origins=Origins(ORIGIN), api_queue=0))


@pytest.mark.parametrize("name", REQUESTS)
def test_every_response_can_be_read_from_the_origin(api: ASGIApp, name: str) -> None:
    _, headers, _ = receive(api, REQUESTS[name])
    found = lowered(headers)
    assert found["access-control-allow-origin"] == ORIGIN
    exposed = {"Retry-After", "X-Request-ID", "Inference-Header-Content-Length"}
    assert set(found["access-control-expose-headers"].split(", ")) == exposed
    assert "Origin" in found["vary"].split(", ")
    assert [name.lower() for name, _ in headers].count("vary") == 1


def test_a_503_of_the_limit_can_be_read_from_the_origin(api: ASGIApp) -> None:
    responses = receive_all(api, [REQUESTS["the event loop"]] * 10)
    refused = [lowered(headers) for status, headers, _ in responses if status == 503]
    assert refused
    assert all(headers["access-control-allow-origin"] == ORIGIN for headers in refused)


@pytest.mark.parametrize("origin", [OTHER, "http://a.example", f"{ORIGIN}:8443", "null", f"{ORIGIN}.evil.net", ""])
def test_no_other_origin_reads_anything(api: ASGIApp, origin: str) -> None:
    for asked in REQUESTS.values():
        _, headers, _ = receive(api, Asked(asked.path, asked.body, {**asked.headers, "Origin": origin}))
        assert not {lowered(headers).get(f"access-control-allow-{what}") for what in ("origin", "credentials")} - {None}
        assert "Origin" in lowered(headers)["vary"]


def test_a_preflight_request_is_answered_without_a_key_and_under_overload(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("the-key\n")
    own = dataclasses.replace(settings, api_cors_origins=Origins(ORIGIN), api_keys=str(tmp_path / "keys"), api_queue=0)
    api = create_server(own)
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key, x-request-timeout"}
    asked = Asked("/predict", b"", {"Origin": ORIGIN, **wanted}, method="OPTIONS")
    for status, headers, _ in receive_all(api, [asked] * 30):
        assert status == 200
        found = lowered(headers)
        assert found["access-control-allow-origin"] == ORIGIN
        assert "POST" in found["access-control-allow-methods"]
        assert found["access-control-allow-headers"] == "x-api-key, x-request-timeout"


def test_any_origin_may_read_but_no_credentials_of_a_browser_are_let_through(settings: Settings, iris: Bundle) -> None:
    api = create_server(dataclasses.replace(settings, api_cors_origins=Origins("*")))
    _, headers, _ = receive(api, Asked("/predict", ROW, {"Origin": OTHER, "Cookie": "a=b"}))
    assert lowered(headers)["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in lowered(headers)


def test_without_the_setting_there_are_no_such_headers(settings: Settings, iris: Bundle) -> None:
    _, headers, _ = receive(create_server(settings), REQUESTS["the event loop"])
    assert not [name for name in lowered(headers) if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("https://a.example", ["https://a.example"]),
        ("https://a.example, http://localhost:3000", ["https://a.example", "http://localhost:3000"]),
        ("HTTPS://A.Example", ["https://a.example"]),
        ("http://[::1]:8080", ["http://[::1]:8080"]),
        ("http://a.example:443", ["http://a.example:443"]),
        ("*", ["*"]),
    ],
)
def test_origins_are_read_as_browsers_send_them(text: str, names: list[str]) -> None:
    assert settings.load({"API_CORS_ORIGINS": text}).api_cors_origins.names == names


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/",
        "a.example",
        "https://*.example.com",
        "https://a.example;https://b",
        "*,https://a",
        "null",
        "https://a.example:443",
        "http://a.example:80",
        "http://a.example:99999",
        "http://[:::::]",
        "ftp://a.example",
    ],
)
def test_what_is_no_origin_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingError, match=r"API_CORS_ORIGINS must be .* origins such as https://example.com:8443"):
        settings.load({"API_CORS_ORIGINS": text})
