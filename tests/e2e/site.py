"""The stack behind nginx: the overrides in deploy/, and a second nginx that serves the api below a path."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from embedded import ports
from tests.e2e.compose import ROOT, Project, require_engine

FILES = "docker-compose.yml:deploy/compose.proxy.yml:deploy/compose.keys.yml:tests/e2e/below-a-path.yml"
KEY = {"Authorization": "Bearer one-of-two"}
# Around what deploy/README.md shows.
NGINX = """pid /tmp/nginx.pid;
error_log stderr error;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/bodies;
  proxy_temp_path /tmp/answers;
  fastcgi_temp_path /tmp/unused;
  uwsgi_temp_path /tmp/unused;
  scgi_temp_path /tmp/unused;
  server {
    listen 8080;
LOCATION
  }
}
"""


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

    @property
    def below(self) -> str:
        """The nginx that serves the api below a path."""
        return f"http://localhost:{self.project.settings['BELOW_PORT']}"

    def get(self, path: str, headers: dict[str, str] = KEY) -> requests.Response:
        """A GET that trusts the certificate and nothing else."""
        return requests.get(self.url + path, headers=headers, verify=str(self.certificate), timeout=10)

    def post(
        self, path: str, headers: dict[str, str] = KEY, json: object = None, data: object = None
    ) -> requests.Response:
        """A POST that trusts the certificate and nothing else."""
        trusted = str(self.certificate)
        return requests.post(self.url + path, json=json, data=data, headers=headers, verify=trusted, timeout=10)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The proxy and what it needs, brought up with a certificate and keys that were made for it; all removed again."""
    require_engine()
    folder = tmp_path_factory.mktemp("proxy")
    subprocess.run([ROOT / "deploy/proxy/certificate.sh", folder], check=True, timeout=60)
    keys = folder / "keys.txt"
    keys.write_text("# those of the test\none-of-two\nthe-other\n")
    keys.chmod(0o644)
    below = re.search(r"```nginx\n(.*?)```", (ROOT / "deploy/README.md").read_text(), re.DOTALL)
    assert below
    (folder / "below.conf").write_text(NGINX.replace("LOCATION", below[1]))
    settings = {
        "COMPOSE_FILE": FILES,
        "API_KEYS": str(keys),
        "API_PORT": str(ports.free_port()),
        "DASHBOARD_PORT": str(ports.free_port()),
        "HTTPS_PORT": str(ports.free_port()),
        "BELOW_CONF": str(folder / "below.conf"),
        "BELOW_PORT": str(ports.free_port()),
        "TLS_CERT": str(folder / "cert.pem"),
        "TLS_KEY": str(folder / "key.pem"),
    }
    project = Project(settings)
    with project.removed_afterwards():
        project.compose("up", "--detach", "--build", "--wait", "proxy", "below")
        yield Site(project, folder / "cert.pem")
