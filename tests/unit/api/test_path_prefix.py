"""The api below a path prefix of a proxy."""

import dataclasses
import json
from typing import Any

import pytest
from starlette.types import ASGIApp

from petalstream import settings as environment
from petalstream.model.bundle import Bundle
from petalstream.setting_types import Prefix, Proxies
from petalstream.settings import SettingError, Settings
from services.api.app import create_server
from services.api.gateway.path_prefix import PathPrefix
from tests.unit.api.asgi import receive
from tests.unit.api.asked import Asked

PROXIED = {"X-Forwarded-Prefix": "/petal"}


def get(api: ASGIApp, path: str, **headers: str) -> tuple[int, bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, body = receive(api, Asked(path, b"", {"Content-Type": None, **sent}, method="GET"))
    return status, body


@pytest.fixture
def prefixed(settings: Settings, iris: Bundle) -> ASGIApp:
    """An api with SCRIPT_NAME, as its proxy sends all paths on."""
    return create_server(dataclasses.replace(settings, script_name=Prefix("/petal")))


@pytest.mark.parametrize("prefixed_by", ["a header", "a variable", "a variable, and a proxy that strips"])
def test_links_and_servers_are_below_the_prefix(
    settings: Settings, iris: Bundle, prefixed: ASGIApp, prefixed_by: str
) -> None:
    api = create_server(settings) if prefixed_by == "a header" else prefixed
    before = "/petal" if prefixed_by == "a variable" else ""
    headers = {"X_Forwarded_Prefix": "/petal"} if prefixed_by == "a header" else {}
    _, models = get(api, f"{before}/models", **headers)
    assert json.loads(models)["models"][0]["links"]["predict"] == "/petal/models/iris/predict"
    _, document = get(api, f"{before}/openapi.json", **headers)
    assert json.loads(document)["servers"] == [{"url": "/petal"}]
    _, page = get(api, f"{before}/models/iris", Accept="text/html", **headers)
    for part in (b'href="/petal/static/', b'action="/petal/models/iris/predict', b'href="/petal/'):
        assert part in page
    assert get(api, f"{before}/health", **headers)[0] == 200


def applied(prefix: PathPrefix, **environ: Any) -> tuple[str, str]:
    prefix.apply(environ)
    return environ["SCRIPT_NAME"], environ["PATH_INFO"]


@pytest.mark.parametrize("header", ["petal", "/petal//x", "/pe tal", "//evil.example", "/<script>", "/"])
def test_a_header_that_is_no_path_is_left_out(header: str) -> None:
    sent = {"HTTP_X_FORWARDED_PREFIX": header, "REMOTE_ADDR": "127.0.0.1"}
    assert applied(PathPrefix(Prefix(""), Proxies("127.0.0.1")), PATH_INFO="/x", **sent) == ("", "/x")


@pytest.mark.parametrize(
    ("proxies", "address", "counts"),
    [
        ("127.0.0.1,::1", "127.0.0.1", True),
        ("127.0.0.1, ::1", "::1", True),
        ("127.0.0.1,::1", "10.0.0.1", False),
        ("10.0.0.0/8", "10.0.0.1", True),
        ("*", "10.0.0.1", True),
        ("*", "", True),
        ("127.0.0.1, *", "10.0.0.1", True),
        ("", "10.0.0.1", False),
        ("10.0.0.1", "", True),  # on a Unix socket
        ("10.0.0.1", "elsewhere", False),
    ],
)
def test_only_proxies_that_gunicorn_trusts_say_the_prefix(proxies: str, address: str, counts: bool) -> None:
    sent = {"HTTP_X_FORWARDED_PREFIX": "/petal/", "REMOTE_ADDR": address}
    assert applied(PathPrefix(Prefix(""), Proxies(proxies)), PATH_INFO="/petal/x", **sent) == (
        "/petal" if counts else "",
        "/petal/x",
    )


@pytest.mark.parametrize(
    ("path", "rest"), [("/petal", "/"), ("/petal/", "/"), ("/petal/x", "/x"), ("/petals", "/petals"), ("/x", "/x")]
)
def test_a_path_loses_the_prefix_of_the_variable(path: str, rest: str) -> None:
    assert applied(PathPrefix(Prefix("/petal/"), Proxies("*")), PATH_INFO=path) == ("/petal", rest)


@pytest.mark.parametrize("path", ["/", "/x", "/petal"])
def test_without_a_prefix_paths_stay(path: str) -> None:
    assert applied(PathPrefix(Prefix(""), Proxies("*")), PATH_INFO=path) == ("", path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SCRIPT_NAME", "petal"),
        ("SCRIPT_NAME", "https://evil.example"),
        ("SCRIPT_NAME", "//evil.example"),
        ("FORWARDED_ALLOW_IPS", "proxy"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1/8"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1;10.0.0.2"),
    ],
)
def test_a_setting_of_another_form_is_refused_at_the_start(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"{name} must be "):
        environment.load({name: text})
