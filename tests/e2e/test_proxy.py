"""nginx in front of the api, with TLS and API keys: the overrides in deploy/, in a Compose project of their own."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from embedded import ports
from embedded.waiting import wait_until
from tests.e2e import slow
from tests.e2e.compose import ROOT, Project, require_engine
from tests.e2e.slow import SlowClient, until_cut_off

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("engine"), pytest.mark.timeout(900)]
FILES = "docker-compose.yml:deploy/compose.proxy.yml:deploy/compose.keys.yml"
KEY = {"Authorization": "Bearer one-of-two"}
FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
MOST_BYTES = 1048576
BACK_SECONDS, MARGIN = 90, 10
# Of each kind: those with a body are more than the api has threads, and fewer than the 128 that the proxy lets in.
SLOW = 30


@dataclass(frozen=True)
class Site:
    """The api behind its proxy, as a client outside sees it."""

    project: Project
    certificate: Path

    @property
    def port(self) -> int:
        """The proxy's port on this machine."""
        return int(self.project.settings["HTTPS_PORT"])

    @property
    def url(self) -> str:
        """What a client would ask."""
        return f"https://localhost:{self.port}"

    def get(self, path: str, headers: dict[str, str] = KEY) -> requests.Response:
        """A GET that trusts the certificate and nothing else."""
        return requests.get(self.url + path, headers=headers, verify=str(self.certificate), timeout=10)

    def post(
        self, path: str, headers: dict[str, str] = KEY, json: object = None, data: object = None
    ) -> requests.Response:
        """A POST that does."""
        trusted = str(self.certificate)
        return requests.post(self.url + path, json=json, data=data, headers=headers, verify=trusted, timeout=10)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The proxy and what it needs, brought up with a certificate and keys that were made for it; all removed again."""
    require_engine()
    folder = tmp_path_factory.mktemp("proxy")
    subprocess.run([ROOT / "deploy/proxy/certificate.sh", folder], check=True, timeout=60)
    keys = folder / "keys.txt"
    keys.write_text("# those of the test\none-of-two\nthe-other\n")
    keys.chmod(0o644)
    settings = {
        "COMPOSE_FILE": FILES,
        "API_KEYS": str(keys),
        "API_PORT": str(ports.free_port()),
        "HTTPS_PORT": str(ports.free_port()),
        "TLS_CERT": str(folder / "cert.pem"),
        "TLS_KEY": str(folder / "key.pem"),
    }
    project = Project(settings)
    with project.removed_afterwards():
        project.compose("up", "--detach", "--build", "--wait", "proxy")
        yield Site(project, folder / "cert.pem")


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
    for service, secrets in (("proxy", ["tls_cert", "tls_key"]), ("api", ["api_keys"])):
        mounts = json.loads(site.project.inspect(service, "{{json .Mounts}}"))
        read_only = {Path(mount["Destination"]).name for mount in mounts if not mount["RW"]}
        assert read_only >= set(secrets)
        assert len(read_only) == len(mounts)


def test_addresses_that_the_api_writes_out_are_those_outside(site: Site) -> None:
    typed = {name: str(value) for name, value in FLOWER.items()}
    page = site.post("/models/iris/predict", {**KEY, "Accept": "text/html"}, data=typed)
    assert page.status_code == 200
    assert f"curl {site.url}/models/iris/predict" in page.text
    # Nor can a client have it otherwise.
    claims = {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "off", "X-Forwarded-Host": "elsewhere.invalid"}
    page = site.post("/models/iris/predict", {**KEY, **claims, "Accept": "text/html"}, data=typed)
    assert f"curl {site.url}/models/iris/predict" in page.text


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
