"""nginx in front of the api, with TLS and API keys: the overrides in deploy/, in a Compose project of their own."""

import json
import ssl
from contextlib import ExitStack, closing
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from embedded import ports
from embedded.waiting import wait_until
from tests.e2e import slow
from tests.e2e.site import KEY, Site
from tests.e2e.slow import SlowClient, until_cut_off

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("engine"), pytest.mark.timeout(900)]
FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
MOST_BYTES = 1048576
BACK_SECONDS, MARGIN = 90, 10
# Of each kind: those with a body are more than the api has threads, and fewer than the 128 that the proxy lets in.
SLOW = 30


def test_predictions_come_over_https_with_a_key(site: Site) -> None:
    for key in ("one-of-two", "the-other"):
        answer = site.post("/predict", {"Authorization": f"Bearer {key}"}, json=FLOWER)
        assert (answer.status_code, answer.json()["label"]) == (200, "setosa")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer none-of-them"}])
def test_without_a_key_there_are_none(site: Site, headers: dict[str, str]) -> None:
    assert site.post("/predict", headers, json=FLOWER).status_code == 401


def test_the_certificate_is_checked_and_plain_http_is_refused(site: Site) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{site.url}/ready", timeout=10)
    refused = requests.get(f"http://localhost:{site.port}/ready", timeout=10)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")


def test_the_apis_own_port_is_not_reached_from_this_machines_address(site: Site) -> None:
    assert site.project.inspect("api", "{{json .NetworkSettings.Ports}}") == "{}"
    assert not ports.in_use(int(site.project.settings["API_PORT"]))
    assert site.project.compose("port", "proxy", "8443").strip() == f"127.0.0.1:{site.port}"


def test_the_proxy_runs_without_rights(site: Site) -> None:
    form = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
    assert site.project.inspect("proxy", form) == "10001:10001 true [ALL] [no-new-privileges:true]"
    for service, secrets, writable in (("proxy", ["tls_cert", "tls_key"], []), ("api", ["api_keys"], ["/history"])):
        mounts = json.loads(site.project.inspect(service, "{{json .Mounts}}"))
        read_only = {Path(mount["Destination"]).name for mount in mounts if not mount["RW"]}
        assert read_only >= set(secrets)
        assert [mount["Destination"] for mount in mounts if mount["RW"]] == writable


def test_the_live_page_has_a_key_for_the_api(site: Site) -> None:
    site.project.compose("up", "--detach", "--build", "--no-deps", "--wait", "dashboard")
    watch = ("exec", "-T", "dashboard", "python", "-m", "services.dashboard.watch", "--once")
    wait_until(lambda: "serves 3 models" in site.project.compose(*watch), "the live page to show a ready api", 60)


def test_addresses_that_the_api_writes_out_are_those_outside(site: Site) -> None:
    typed = {name: str(value) for name, value in FLOWER.items()}
    page = site.post("/models/iris/predict", {**KEY, "Accept": "text/html"}, data=typed)
    assert page.status_code == 200
    assert f"curl {site.url}/models/iris/predict" in page.text
    # Nor can a client have it otherwise.
    claims = {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "off", "X-Forwarded-Host": "elsewhere.invalid"}
    claims |= {"X-Forwarded-Prefix": "/elsewhere"}
    page = site.post("/models/iris/predict", {**KEY, **claims, "Accept": "text/html"}, data=typed)
    assert f"curl {site.url}/models/iris/predict" in page.text
    assert "elsewhere" not in page.text


@pytest.mark.parametrize(("size", "status"), [(MOST_BYTES, 400), (MOST_BYTES + 1, 413)])
def test_a_body_that_the_api_would_not_take_ends_at_the_proxy(site: Site, size: int, status: int) -> None:
    answer = site.post("/predict", {**KEY, "Content-Type": "application/json"}, data=b" " * size)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    said = answer.json()
    assert said["status"] == status
    of_the_proxy = {"error": f"the body is larger than {MOST_BYTES} bytes"}
    assert (of_the_proxy.items() <= said.items()) == (status == 413)


def test_a_request_id_comes_back_from_the_proxy(site: Site) -> None:
    answer = site.post("/predict", {**KEY, "X-Request-ID": "mine-1"}, data=b" " * (MOST_BYTES + 1))
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (413, "mine-1")


def test_a_request_id_comes_back_from_the_api(site: Site) -> None:
    assert site.get("/ready", {**KEY, "X-Request-ID": "mine-2"}).headers["X-Request-ID"] == "mine-2"


def test_slow_clients_are_cut_off_and_an_honest_one_beside_them_is_answered_all_the_time(site: Site) -> None:
    def honest() -> None:
        assert site.post("/predict", json=FLOWER).status_code == 200

    trusted = ssl.create_default_context(cafile=site.certificate)
    with ExitStack() as opened:
        clients = {
            kind: [opened.enter_context(closing(SlowClient(site.port, trusted, *kind))) for _ in range(SLOW)]
            for kind in (slow.HEADER, slow.BODY, slow.CHUNKS)
        }
        until_cut_off([client for of_kind in clients.values() for client in of_kind], honest, 60 + MARGIN)
    for kind, least, most in ((slow.HEADER, 10, 10), (slow.BODY, 30, 60), (slow.CHUNKS, 30, 60)):
        borne = [client.seconds or 0 for client in clients[kind]]
        assert least - MARGIN / 2 < min(borne) <= max(borne) < most + MARGIN, kind
        assert {client.answer for client in clients[kind]} == {b""}


def test_an_api_that_is_away_is_told_as_a_problem_until_it_is_back(site: Site) -> None:
    site.project.compose("stop", "api")
    try:
        answer = site.get("/ready")
        assert answer.status_code in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["detail"].startswith("the api does not answer")
    finally:
        site.project.compose("start", "api")
    wait_until(lambda: site.get("/ready").status_code == 200, "the api to be back behind the proxy", BACK_SECONDS)
